"""Trainings side by side: what differs is shown, and what a run lacks does not drop it."""

import json
import math
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.cli import main
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import LocalEstimator


def run(folder: Path, *, rate: str, right: int, epochs: int = 3, images: int = 100) -> Path:
    """What a training leaves, less its SavedModel, which nobody opens here."""
    content = folder / "content"
    (content / "1").mkdir(parents=True)
    (content / "1" / "saved_model.pb").write_bytes(b"x")
    trained = FineTuning(
        labels=("ant", "bee"),
        binary_mode=False,
        interpolation="bilinear",
        hyperparameters={"learning_rate": rate, "epochs": "3"},
        package_version="1",
    )
    ModelInfo(
        kind="fine_tuned",
        model_id="tiny",
        model_version="1.0.0",
        input_height=8,
        input_width=8,
        pixel_range="0..1",
        fine_tuning=trained,
        files=dict(model_info.digests(content)),
    ).write(content)
    archive.pack(content, folder / "model.tar.gz")
    shutil.rmtree(content)
    course = [{"loss": 1 / n, "val_loss": 2 / n, "val_accuracy": 0.5} for n in range(1, epochs + 1)]
    record = HistoryRecord(epochs=course, seconds=[2.0] * epochs, best_epoch=epochs - 1, test={})
    record.write(folder / "output_data")
    said = {
        "channel": "test",
        "metrics": {"loss": 0.5, "accuracy": right / images},
        "classes": [
            {"label": "ant", "images": images // 2},
            {"label": "bee", "images": images - images // 2},
        ],
    }
    (folder / "output_data" / "evaluation.json").write_text(json.dumps(said))
    return folder


def test_what_differs_is_shown_with_what_came_of_it(tmp_path: Path) -> None:
    one = run(tmp_path / "one", rate="0.1", right=90)
    two = run(tmp_path / "two", rate="0.01", right=80)
    found = launch.compare(one, two)
    assert found.differences == {"learning_rate": ("0.1", "0.01")}
    assert found.notes() == []
    first, second = found.as_dict()["runs"]
    assert (first["accuracy"], first["epochs"], first["best_epoch"]) == (0.9, 3, 3)
    assert second["standard_error"] == pytest.approx(math.sqrt(0.8 * 0.2 / 100))
    assert first["seconds"] == 6.0
    assert first["archive_bytes"] == (one / "model.tar.gz").stat().st_size
    page = found._repr_html_()
    assert page.count("<svg") == 3
    assert "learning_rate" in page
    assert "Validation accuracy" in page
    # A legend has no room for paths.
    assert "1: one" in page
    assert "2: two" in page
    # Four in a chart can be told apart.
    assert launch.compare(*[one] * 9)._repr_html_().count("<svg") == 9


def test_a_run_that_lacks_something_is_told_and_stays(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", rate="0.1", right=90)
    bare = run(tmp_path / "bare", rate="0.2", right=70)
    shutil.rmtree(bare / "output_data")
    alone = tmp_path / "mine.tar.gz"
    shutil.copy(whole / "model.tar.gz", alone)
    broken = run(tmp_path / "broken", rate="0.1", right=50)
    (broken / "model.tar.gz").write_bytes(b"no archive")
    (broken / "output_data" / "history.json").write_text("[1")
    (tmp_path / "empty").mkdir()
    paths = (whole, bare, alone, broken, tmp_path / "empty")
    found = launch.compare(*paths)
    assert [one.name for one in found.runs] == [str(path) for path in paths]
    told = "\n".join(found.notes())
    assert f"{bare}: There is no evaluation.json in {bare}." in told
    assert f"{bare}: There is no history.json in {bare}." in told
    assert f"{alone}: There is no history.json: the model lies by itself." in told
    assert f"{broken}: The history.json of {broken} cannot be read" in told
    assert f"{tmp_path}/empty: " in told
    assert found.runs[3].accuracy == 0.5
    assert found.differences["learning_rate"] == ("0.1", "0.2", "0.1", None, None)
    assert len(found.rows()) == 5
    assert found.rows()[4][1:] == ("-",) * 7


def test_a_job_on_sagemaker_has_its_reports_packed(tmp_path: Path) -> None:
    made = run(tmp_path / "job", rate="0.1", right=90)
    archive.pack(made / "output_data", made / "output.tar.gz")
    shutil.rmtree(made / "output_data")
    found = launch.compare(made)
    assert found.notes() == []
    assert found.runs[0].accuracy == 0.9
    # As a LocalEstimator has it: a folder of the job's name, with `output` in it.
    shutil.copytree(made, tmp_path / "named" / "output")
    assert launch.compare(tmp_path / "named").runs[0].accuracy == 0.9


def test_other_images_are_told(tmp_path: Path) -> None:
    one = run(tmp_path / "one", rate="0.1", right=90)
    two = run(tmp_path / "two", rate="0.1", right=80, images=120)
    found = launch.compare(one, two)
    assert "measured on other images" in found.notes()[0]
    assert found.differences == {}
    assert "No setting that is known differs." in found._repr_html_()


def test_what_is_not_there_is_refused_all_at_once(tmp_path: Path) -> None:
    one = run(tmp_path / "one", rate="0.1", right=90)
    with pytest.raises(UserError, match=r"x, .*y do not exist"):
        launch.compare(tmp_path / "x", one, tmp_path / "y")
    with pytest.raises(UserError, match="Name the trainings"):
        launch.compare()
    with pytest.raises(UserError, match="s3://"):
        launch.compare("s3://bucket/out")


def test_the_command_prints_tables_and_writes_a_page_once(
    fitted: LocalEstimator, tmp_path: Path
) -> None:
    one = Path(fitted.model_data.removeprefix("file://")).parent
    two = run(tmp_path / "two", rate="0.01", right=80)
    words = ["compare", str(one), str(two), "--page", str(tmp_path / "page.html")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "0.8000" in done.stdout
    assert "run 2" in done.stdout
    assert "Note: The runs were measured on other images" in done.stdout
    assert "<svg" in (tmp_path / "page.html").read_text()
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    told = json.loads(CliRunner().invoke(main, [*words[:3], "--json"]).stdout)
    report = json.loads((one / "output_data" / "evaluation.json").read_text())
    assert told["runs"][0]["accuracy"] == report["metrics"]["accuracy"]
    classifier = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    (note, *_) = launch.compare(classifier).notes()
    assert "no description of a trained model" in note


def test_the_command_lays_out_what_differs_and_makes_no_page_unasked(tmp_path: Path) -> None:
    rate = "0." + "1" * 60
    paths = [
        str(run(tmp_path / name, rate=value, right=right))
        for name, value, right in (("one", rate, 90), ("two", "0.1", 80), ("three", "0.1", 70))
    ]
    done = CliRunner().invoke(main, ["compare", *paths])
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    # Forty letters, the last of which says that there are more.
    assert ["learning_rate", f"{rate[:39]}…", "0.1", "0.1"] in lines
    assert ["setting", *(word for n in "123" for word in ("run", n))] in lines
    assert "No setting" not in done.stdout
    alike = CliRunner().invoke(main, ["compare", paths[1], paths[2]])
    assert "No setting that is known differs." in alike.stdout
    alone = CliRunner().invoke(main, ["compare", paths[1]])
    assert "setting" not in alone.stdout.casefold()
    for page in (tmp_path / "very" / "deep" / "page.html", tmp_path / "page.html"):
        shown = CliRunner().invoke(main, ["compare", *paths, "--page", str(page)])
        assert shown.stderr == f"The page, for a browser: {page}\n"
        assert page.is_file()
    shutil.rmtree(tmp_path / "two" / "output_data")
    noted = CliRunner().invoke(main, ["compare", *paths[:2]])
    assert f"Note: {paths[1]}: There is no history.json in {paths[1]}.\n" in noted.stdout
    run(tmp_path / "four", rate="0.1", right=80)
    paths[1] = str(tmp_path / "four")
    told = CliRunner().invoke(main, ["compare", *paths, "--json"])
    assert json.loads(told.stdout)["differences"] == {"learning_rate": [rate, "0.1", "0.1"]}


@pytest.mark.parametrize(("length", "cut"), [(40, False), (41, True)])
def test_the_command_shows_forty_letters_of_a_setting(
    tmp_path: Path, length: int, cut: bool
) -> None:
    one = run(tmp_path / "one", rate="1" * length, right=90)
    two = run(tmp_path / "two", rate="2", right=80)
    done = CliRunner().invoke(main, ["compare", str(one), str(two)])
    assert ("1" * 40 in done.stdout) == (not cut)
    assert (f"{'1' * 39}…" in done.stdout) == cut


def test_the_command_needs_a_run() -> None:
    done = CliRunner().invoke(main, ["compare"])
    assert done.exit_code == 2
    assert "Missing argument 'OUT...'" in done.stderr


def test_what_is_not_there_or_lies_in_s3_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one does not exist; give output folders"):
        launch.compare(tmp_path, tmp_path / "one")
    with pytest.raises(UserError, match=r"one, .*two do not exist; give"):
        launch.compare(tmp_path / "one", tmp_path / "two")
    with pytest.raises(UserError, match="aws s3 cp --recursive"):
        launch.compare(tmp_path, "s3://bucket/output")
