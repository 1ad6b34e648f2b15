"""The notebooks of this machine, executed cell by cell in a real kernel."""

import re
from pathlib import Path

import pytest

from tests.examples.executed import counted, execute, last_lines, pictures, printed
from tools import notebooks

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    # Jupyter's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


def test_fine_tune_runs_to_right_labels_twice_in_one_folder(tmp_path: Path) -> None:
    for times in (1, 2):
        notebook = execute("local_estimator", tmp_path)
        assert len(pictures(notebook)) == 2
        right, total = counted(notebook, 'f"{right} of {len(photos)} right"')
        assert total == 30
        assert right >= 0.9 * total
        assert "Epoch 30/30 - " in printed(notebook)
        # Each run has its own two jobs, and overwrites none.
        assert len(list((tmp_path / "work" / "jobs").iterdir())) == 2 * times


def test_pretrained_names_what_the_photo_shows_twice_in_one_folder(tmp_path: Path) -> None:
    for _ in range(2):
        notebook = execute("pretrained_local", tmp_path)
        assert last_lines(notebook)['answer["predicted_label"]'] == "'military uniform'"
        assert len(pictures(notebook)) == 2


def test_tune_finds_the_best_of_its_trials_twice_in_one_folder(tmp_path: Path) -> None:
    for times in (1, 2):
        notebook = execute("tune_local", tmp_path)
        lines = last_lines(notebook)
        best = lines["best"].strip("'")
        jobs = sorted(path.name for path in (tmp_path / "work" / "jobs").iterdir())
        assert len(jobs) == 4 * times
        assert best in jobs
        assert best in lines["estimators[best].model_data"]
        assert len(pictures(notebook)) == 2


def test_batch_transform_answers_every_picture_twice_in_one_folder(tmp_path: Path) -> None:
    for times in (1, 2):
        notebook = execute("batch_transform_local", tmp_path)
        right, total = counted(notebook, 'f"{right} of {len(rows)} right"')
        assert total == 60
        assert right >= 0.9 * total
        assert len(pictures(notebook)) == 2
        # The answers of each run, and not twice those of the first.
        assert len(list((tmp_path / "work").glob("*.jsonl"))) == times


def test_benchmark_compares_three_models_twice_in_one_folder(tmp_path: Path) -> None:
    for times in (1, 2):
        notebook = execute("benchmark_local", tmp_path)
        lines = last_lines(notebook)
        for name in ("FormulaNet 96", "EfficientNet B0 Lite", "EfficientNet B1 Lite"):
            assert name in lines["table.round(3)"]
        assert lines["list(frontier.index)"].count("'") >= 2
        assert len(pictures(notebook)) == 1
        assert len(list((tmp_path / "work" / "jobs").iterdir())) == 3 * times


def test_every_notebook_that_runs_here_is_executed() -> None:
    local = {names["local"] for names in notebooks.NOTEBOOKS.values()}
    assert set(re.findall(r'execute\("(\w+)"', Path(__file__).read_text())) == local
