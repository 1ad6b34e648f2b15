"""A job that is killed while its result is moved finishes it when it is started again."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.errors import OutputExistsError
from ic_tf_sdk.training.results import evaluation_files, model_folder

QUICK = {"train_only_on_top": "True", "epochs": 2, "batch_size": 8}


class Killed(BaseException):
    """Stands for the end of the process at a chosen moment."""


def assert_same(one: SimpleNamespace, other: SimpleNamespace) -> None:
    assert one.record.epochs == other.record.epochs
    names = [sorted(p.name for p in run.model.iterdir()) for run in (one, other)]
    assert names[0] == names[1]
    infos = [model_info.read(run.model) for run in (one, other)]
    weights = [
        [digest for name, digest in info.files.items() if "variables.data" in name]
        for info in infos
        if info is not None
    ]
    assert weights[0] == weights[1]
    assert len(weights[0]) == 1
    reports = [sorted(p.name for p in run.output.iterdir()) for run in (one, other)]
    assert reports[0] == reports[1]
    json.loads((other.output / "history.json").read_text())


@pytest.mark.parametrize(
    "moves", [*(pytest.param(n, marks=[pytest.mark.slow, pytest.mark.merge]) for n in (1, 2)), 4]
)
def test_killed_between_the_moves_it_is_completed(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    folder = tmp_path / "job"
    true_move, moved = shutil.move, []

    def move(source: Path, target: Path) -> object:
        if len(moved) == moves - 1:
            raise Killed
        moved.append(target)
        return true_move(source, target)

    monkeypatch.setattr(model_folder.shutil, "move", move)
    with pytest.raises(Killed):
        train(folder=folder, **QUICK)
    monkeypatch.undo()
    assert len(list((folder / "model").iterdir())) == moves - 1
    assert_same(train(**QUICK), train(folder=folder, **QUICK))


def test_killed_before_the_reports_it_is_completed(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "job"

    def write(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(evaluation_files, "write", write)
    with pytest.raises(Killed):
        train(folder=folder, **QUICK)
    monkeypatch.undo()
    assert_same(train(**QUICK), train(folder=folder, **QUICK))


def test_a_finished_job_that_is_started_again_ends_alike(train: Any, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    first = train(folder=folder, **QUICK)
    assert_same(first, train(folder=folder, **QUICK))


def test_the_result_of_another_job_is_never_touched(train: Any, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    train(folder=folder, **QUICK)
    before = sorted((folder / "model").rglob("*"))
    with pytest.raises(OutputExistsError, match="not empty"):
        train(folder=folder, **{**QUICK, "epochs": 3})
    (folder / "model" / "mine.txt").write_text("x")
    with pytest.raises(OutputExistsError, match="not empty"):
        train(folder=folder, **QUICK)
    assert sorted((folder / "model").rglob("*")) == sorted([*before, folder / "model/mine.txt"])
