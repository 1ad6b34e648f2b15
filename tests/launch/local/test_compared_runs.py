"""What is said of several trainings is what each of them left, to the digit."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.launch.local import compared_runs, finished_run
from ic_tf_sdk.launch.local.compared_runs import COLUMNS, ComparedRuns
from ic_tf_sdk.launch.local.finished_run import FinishedRun
from ic_tf_sdk.pages import chart

LABELS = ("ant", "bee", "cat")


def info(**hyperparameters: str) -> ModelInfo:
    tuned = FineTuning(
        labels=LABELS, binary_mode=False, interpolation="bilinear",
        hyperparameters=hyperparameters, package_version="1",
    )  # fmt: skip
    return ModelInfo(
        kind="fine_tuned", model_id="tiny", model_version="1.0.0", input_height=8, input_width=8,
        pixel_range="0..1", fine_tuning=tuned,
    )  # fmt: skip


def history(*epochs: dict[str, float], best: int = 0) -> HistoryRecord:
    return HistoryRecord(
        epochs=list(epochs), seconds=[1.25] * len(epochs), best_epoch=best, test={}
    )


def measured(accuracy: float, *counts: int, channel: str = "test") -> dict[str, Any]:
    classes = [{"label": n, "images": c} for n, c in zip(LABELS, counts, strict=False)]
    return {"channel": channel, "classes": classes, "metrics": {"accuracy": accuracy, "loss": 0.5}}


EPOCHS = ({"loss": 0.5, "val_loss": 0.4, "val_accuracy": 0.7}, {"loss": 0.25, "val_loss": 0.3})
WHOLE = FinishedRun(
    "jobs/one", info(epochs="2"), history(*EPOCHS, best=1), measured(0.75, 40, 60), 2_345_678
)
BARE = FinishedRun("jobs/two", missing=("There is nothing.", "Nor that."))


def test_a_run_knows_what_its_files_say() -> None:
    assert WHOLE.channel == "test"
    assert WHOLE.images == {"ant": 40, "bee": 60}
    assert WHOLE.accuracy == 0.75
    assert WHOLE.standard_error == pytest.approx(math.sqrt(0.75 * 0.25 / 100))
    assert WHOLE.seconds == 2.5
    assert WHOLE.settings == {"model": "tiny 1.0.0", "classes": "3: ant, bee, cat", "epochs": "2"}
    assert (BARE.channel, BARE.images, BARE.accuracy) == (None, {}, None)
    assert (BARE.standard_error, BARE.seconds, BARE.settings) == (None, None, {})
    untrained = info().model_copy(update={"fine_tuning": None})
    assert FinishedRun("x", untrained).settings == {}
    assert FinishedRun("x", evaluation={"metrics": {"accuracy": 0.5}}).standard_error is None
    assert FinishedRun("x", evaluation=measured(0.0, 5)).standard_error == 0.0


def test_the_table_has_each_figure_under_its_head() -> None:
    whole, bare = ComparedRuns((WHOLE, BARE)).rows()
    assert dict(zip(COLUMNS, whole, strict=True)) == {
        "run": "jobs/one",
        "accuracy": "0.7500",
        "± SE": "0.0433",
        "measured on": "100 test",
        "epochs": "2",
        "best": "2",
        "seconds": "2.5",
        "archive MB": "2.3",
    }
    assert bare == ("jobs/two", *("-",) * 7)


def test_json_has_all_of_it() -> None:
    told: Any = json.loads(json.dumps(ComparedRuns((WHOLE, BARE)).as_dict()))
    whole, bare = told["runs"]
    assert whole == {
        "name": "jobs/one", "accuracy": 0.75, "standard_error": WHOLE.standard_error,
        "channel": "test", "images": 100, "metrics": {"accuracy": 0.75, "loss": 0.5}, "epochs": 2,
        "best_epoch": 2, "seconds": 2.5, "archive_bytes": 2_345_678, "settings": WHOLE.settings,
        "history": list(EPOCHS), "missing": [],
    }  # fmt: skip
    assert bare["missing"] == ["There is nothing.", "Nor that."]
    unknown = ("accuracy", "images", "epochs", "best_epoch", "seconds", "archive_bytes")
    assert {bare[name] for name in unknown} == {None}
    assert (bare["metrics"], bare["history"], bare["settings"]) == ({}, [], {})
    assert told["differences"]["epochs"] == ["2", None]
    assert told["notes"] == ["jobs/two: There is nothing.", "jobs/two: Nor that."]


def test_runs_on_the_same_images_can_be_compared_and_others_are_told() -> None:
    other = FinishedRun("jobs/three", evaluation=measured(0.5, 60, 40))
    same = FinishedRun("jobs/four", evaluation=measured(0.5, 40, 60))
    channel = FinishedRun("jobs/five", evaluation=measured(0.5, 40, 60, channel="validation"))
    assert ComparedRuns((WHOLE, same)).notes() == []
    # Of one that was measured on nothing it is told, and no more.
    assert len(ComparedRuns((WHOLE, BARE)).notes()) == 2
    for one in (other, channel):
        [said] = ComparedRuns((WHOLE, one)).notes()
        assert said.startswith("The runs were measured on other images")


def test_what_differs_is_a_table_and_names_are_cut() -> None:
    long = "x" * 70
    one = FinishedRun("a/one", info(preset="best", words=long, same="1"))
    two = FinishedRun("a/two", info(preset="quick", words=long + "y", same="1"))
    page = ComparedRuns((one, two))._repr_html_()
    assert "What came of each" in page
    assert "Settings that are not the same in all" in page
    assert "No setting that is known differs." not in page
    assert ">preset<" in page
    assert ">same<" not in page
    assert f">{long}<" not in page
    assert "No setting" in ComparedRuns((one, one))._repr_html_()
    # Of one run there is nothing to say of it.
    assert "No setting" not in ComparedRuns((one,))._repr_html_()
    assert "<ul>" not in page
    noted = ComparedRuns((one, BARE))._repr_html_()
    assert "<ul><li>jobs/two: There is nothing.</li><li>jobs/two: Nor that.</li></ul>" in noted


@pytest.mark.parametrize("there", [True, False])
def test_without_pygal_the_page_says_why_it_has_no_curves(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart, "available", lambda: there)
    assert (chart.MISSING in ComparedRuns((WHOLE, BARE))._repr_html_()) == (not there)


def drawn(monkeypatch: pytest.MonkeyPatch, *runs: FinishedRun) -> dict[str, list[Any]]:
    """Title -> lines, scales of each chart."""
    found: dict[str, list[Any]] = {}

    def draw(title: str, lines: Any, *, x: Any, y: Any) -> str:
        found.setdefault(title, []).append((lines, x, y))
        return "<svg/>"

    monkeypatch.setattr(compared_runs.line_chart, "draw", draw)
    ComparedRuns(runs)._repr_html_()
    return found


def test_curves_are_those_of_the_runs_that_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = FinishedRun("jobs/flat", history=history({"loss": 1.0}))
    nothing = FinishedRun("jobs/nan", history=history(*[{"loss": math.nan}] * 2))
    found = drawn(monkeypatch, BARE, WHOLE, flat, nothing)
    assert set(found) == {"Validation accuracy", "Validation loss", "Training loss"}
    [(lines, x, _)] = found["Training loss"]
    assert lines == {"2: one": [0.5, 0.25]}
    assert x.title == "epoch"
    [(lines, _, y)] = found["Validation accuracy"]
    assert lines["2: one"][0] == 0.7
    assert math.isnan(lines["2: one"][1])
    assert (y.low, y.high) == (0, 1)
    for title in ("Validation loss", "Training loss"):
        [(_, _, y)] = found[title]
        assert (y.low, y.high) == (0, None)


def test_four_runs_share_a_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [FinishedRun(f"jobs/{n}", history=history(*EPOCHS)) for n in range(9)]
    found = drawn(monkeypatch, *runs)["Training loss"]
    assert [len(lines) for lines, _, _ in found] == [4, 4, 1]
    assert [*found[2][0]] == ["9: 8"]


def test_reports_are_looked_for_where_each_kind_of_job_leaves_them(tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "history.json").write_text(history(*EPOCHS).model_dump_json())
    (tmp_path / "output" / "evaluation.json").write_text(json.dumps(measured(0.5, 4)))
    found = finished_run.read(tmp_path)
    assert (found.accuracy, found.seconds) == (0.5, 2.5)
    assert found.name == str(tmp_path)
    # A folder of its own goes before what lies beside the model.
    (tmp_path / "output" / "output_data").mkdir()
    inner = tmp_path / "output" / "output_data" / "evaluation.json"
    inner.write_text(json.dumps(measured(0.25, 4)))
    assert finished_run.read(tmp_path).accuracy == 0.25
    # With a model in it, the folder itself is the output.
    (tmp_path / "model.tar.gz").write_bytes(b"12345")
    outer = finished_run.read(tmp_path)
    assert (outer.accuracy, outer.size) == (None, 5)
    assert any("There is no evaluation.json in" in one for one in outer.missing)


def test_an_archive_that_is_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"12345")
    (tmp_path / "copy.tar.gz").write_bytes(b"123")
    (tmp_path / "history.json").write_text(history(*EPOCHS).model_dump_json())
    assert finished_run.read(tmp_path / "copy.tar.gz").size == 3
    assert finished_run.read(tmp_path / "copy.tar.gz").history is None
    assert finished_run.read(tmp_path / "model.tar.gz").size == 5
    assert finished_run.read(tmp_path / "model.tar.gz").history is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[1]", "is no JSON object."),
        ("{", "cannot be read: "),
        ("[" * 100_000, "cannot be read: "),
    ],
)
def test_reports_that_are_none_are_told(tmp_path: Path, content: str, said: str) -> None:
    for name in ("history.json", "evaluation.json"):
        (tmp_path / name).write_text(content)
    found = finished_run.read(tmp_path)
    assert (found.history, found.evaluation) == (None, {})
    for name in ("history.json", "evaluation.json"):
        assert any(f"The {name} of {tmp_path} {said}" in one for one in found.missing)


def test_a_history_of_another_form_is_told(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"epochs": 5}')
    found = finished_run.read(tmp_path)
    assert f"The history.json of {tmp_path} is no record of a training." in found.missing
    assert found.history is None
