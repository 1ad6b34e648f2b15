"""The parts of the report that need no answers: data, course, settings, next steps."""

import re
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.pages import bar_chart, chart
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.results.report import about, course, data, settings
from ic_tf_sdk.training.results.report.run_facts import RunFacts, duration

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


def facts(**more: Any) -> RunFacts:
    return RunFacts(**{"model": "m", "labels": ("a", "b"), **more})


def cells(page: str) -> list[str]:
    return [re.sub("<[^>]*>", "", one) for one in re.findall(r"<t[hd][ >].*?</t[hd]>", page)]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"), (4.26, "4.3 s"), (59.9, "59.9 s"), (59.96, "1 min 0 s"), (60, "1 min 0 s"),
        (83, "1 min 23 s"), (119.6, "2 min 0 s"), (3599, "59 min 59 s"), (3599.6, "1 h 0 min"),
        (3600, "1 h 0 min"), (7300, "2 h 1 min"), (212_400, "59 h 0 min"),
        (90000, "25 h 0 min"),
    ],
)  # fmt: skip
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_images_are_counted_by_class_and_channel() -> None:
    page = data.data(facts(images={"training": [3, 5], "test": [1, 2]}))
    assert cells(page) == ["class", "training", "test", "a", "3", "1", "b", "5", "2"]
    assert "Images of each class, training" in page
    assert "Nothing was left out, and no image is there twice." in page
    assert data.data(facts()) == ""
    bars = data.data(facts(images={"training": [3, 5], "test": [9, 1]}))
    # The first channel's order; bars are drawn from the bottom.
    assert re.findall(r"<title>([ab])</title>", bars) == (["a", "b"] if chart.available() else [])


@pytest.mark.parametrize(("count", "folded"), [(12, False), (13, True)])
def test_many_classes_are_folded(count: int, folded: bool) -> None:
    labels = tuple(f"c{number}" for number in range(count))
    page = data.data(facts(labels=labels, images={"training": range(count)}))
    assert ("<summary>The images of all" in page) == folded
    # The largest is on top: bars are drawn from the bottom.
    shown = re.findall(r"<title>(c\d+)</title>", page)
    assert shown[0] == "c0" if shown else not chart.available()


@pytest.mark.parametrize("more", [0, 1])
def test_of_more_classes_than_a_picture_holds_both_ends_are_drawn(more: int) -> None:
    count = bar_chart.MOST_BARS + more
    labels = tuple(f"c{number}" for number in range(count))
    page = data.data(facts(labels=labels, images={"training": range(count)}))
    assert ("the 20 largest and the 20 smallest of 41 classes" in page) == bool(more)
    assert ("largest" in page) == bool(more)
    if chart.available():
        drawn = set(re.findall(r"<title>(c\d+)</title>", page))
        assert len(drawn) == bar_chart.MOST_BARS
        assert {"c0", f"c{count - 1}", "c19"} <= drawn
        assert ("c20" in drawn) == (not more)


def test_what_was_left_out_is_listed_and_after_fifty_counted() -> None:
    one = data.data(facts(images={"training": [1, 1]}, refused={"<x>.gif": "GIF"}))
    assert "1 file was left out" in one
    assert "&lt;x&gt;.gif" in one
    for count in (50, 51, 60):
        refused = {f"f{number}.gif": "GIF" for number in range(count)}
        page = data.data(facts(images={"training": [1, 1]}, refused=refused, warnings=["Look."]))
        assert f"{count} files were left out" in page
        assert page.count(".gif") == 50
        assert ("And " in page) == (count > 50)
        if count > 50:
            assert f"And {count - 50} more." in page
        assert "<li>Look.</li>" in page


def record(epochs: int, **metrics: float) -> HistoryRecord:
    every = [{"loss": 1.0, "accuracy": 0.5, **metrics} for _ in range(epochs)]
    return HistoryRecord(epochs=every, seconds=[1.5] * epochs, best_epoch=epochs - 1, test={})


def test_one_epoch_is_a_row_and_two_are_curves() -> None:
    one = course.course(record(1), 3)
    assert "<svg" not in one
    assert "<details>" not in one
    assert cells(one) == ["epoch", "loss", "accuracy", "seconds", "1, exported", "1.0000", "0.5000",
                          "1.5000"]  # fmt: skip
    two = course.course(record(2), 3)
    if chart.available():
        assert two.count("<svg") == 2
        assert "exported: epoch 2" in two
        assert "All values" in two
    assert cells(two)[4] == "1"
    assert cells(two)[8] == "2, exported"


def test_what_the_job_chose_is_a_sentence_under_the_epochs() -> None:
    chosen = {"batch_norm_statistics": "kept", "learning_rate": "0.0003"}
    page = course.course(record(1).model_copy(update={"chosen": chosen}), 3)
    assert "<p>The job chose: batch_norm_statistics kept, learning_rate 0.0003.</p>" in page
    assert "chose" not in course.course(record(1), 3)


@pytest.mark.parametrize(("classes", "shown"), [(5, False), (6, True)])
def test_the_top_five_of_five_classes_say_nothing(classes: int, shown: bool) -> None:
    page = course.course(record(1, val_top_5_accuracy=1.0), classes)
    assert ("validation top 5 accuracy" in cells(page)) == shown


def test_a_curve_has_both_channels_and_the_marked_epoch() -> None:
    if not chart.available():
        assert course.curve([{"loss": 1.0}], "loss") is None
        return
    svg = course.curve([{"loss": 2.0, "val_loss": 1.5}, {"loss": 1.0, "val_loss": 1.2}], "loss", 2)
    assert svg is not None
    assert {"training", "validation (dashed)", "exported: epoch 2"} <= set(
        re.findall(r">([^<>]+)<", svg)
    )
    assert '<text x="-5"' in svg
    for name, ends in (("loss", ("0", "2")), ("accuracy", ("0", "1"))):
        drawn = str(course.curve([{name: 2.0 if name == "loss" else 0.25}, {name: 0.5}], name))
        ticks = re.findall(r'<text x="-5"[^>]*>([^<]*)<', drawn)
        assert (ticks[0], ticks[-1]) == ends
    assert "exported" not in str(course.curve([{"loss": 2.0}, {"loss": 1.0}], "loss"))
    assert 'aria-label="Loss of each epoch"' in svg


def test_what_differs_is_told_beside_the_default_and_the_rest_is_not() -> None:
    page = about.about(facts())
    assert "Every hyperparameter has the model's default." in page
    assert "What would help" not in page
    assert "The same on another machine" not in page
    assert "ic-tf predict model.tar.gz PHOTO.jpg" in page
    more = about.about(
        facts(settings=[("epochs", "6", "3")], command="ic-tf fit <x>", hints=["More <b>."])
    )
    assert cells(more) == [
        "hyperparameter",
        "value",
        "the model&#x27;s default",
        "epochs",
        "6",
        "3",
    ]
    assert "<li>More &lt;b&gt;.</li>" in more
    assert "<code>ic-tf fit &lt;x&gt;</code>" in more


def info(**more: Any) -> ModelInfo:
    return ModelInfo.model_validate(
        {
            "kind": "pretrained", "model_id": MOBILENET, "model_version": "1.0.0",
            "input_height": 224, "input_width": 224, "pixel_range": "0..1", "files": {}, **more,
        }
    )  # fmt: skip


def test_settings_are_those_that_differ_from_the_models_own() -> None:
    own = catalogue.record(MOBILENET, "*").hyperparameters
    usual = Hyperparameters(**own)  # type: ignore[arg-type]
    assert settings.changed(usual, info()) == []
    other = usual.model_copy(update={"epochs": int(own["epochs"]) + 4})
    assert settings.changed(other, info()) == [
        ("epochs", str(int(own["epochs"]) + 4), own["epochs"])
    ]
    # Of a model that the catalogue does not have, they are the algorithm's.
    assert settings.changed(Hyperparameters(), info(model_id="mine")) == []


def test_what_was_chosen_is_what_the_run_was_not_given() -> None:
    given = Hyperparameters(batch_norm_statistics="auto", mixed_precision="off")
    kept = given.model_copy(update={"batch_norm_statistics": "kept", "learning_rate": 0.0003})
    assert settings.chosen(kept, given) == {
        "batch_norm_statistics": "kept", "learning_rate": "0.0003",
    }  # fmt: skip
    assert settings.chosen(given, given) == {}


def test_the_command_names_what_another_machine_has_too() -> None:
    channels = {"training": Path("/my data"), "validation": None, "test": Path("/t")}
    said = settings.command(Path("/m.tar.gz"), info(), channels, [("epochs", "6", "3")])
    assert said == f"ic-tf fit '/my data' --model {MOBILENET} --test /t --set epochs=6"
    for other in (info(model_id="mine"), info().model_copy(update={"kind": "fine_tuned"})):
        assert "--model /m.tar.gz" in settings.command(Path("/m.tar.gz"), other, channels, [])
