"""The output of a job that has not ended: what goes on from it, what it leaves, who may write."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.errors import FileAccessError, OutputExistsError, UserError
from ic_tf_sdk.launch.local import partial_output
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.launch.local.partial_output import PartialOutput, held, require_free
from ic_tf_sdk.launch.local.request import TrainingRequest


def request(epochs: str = "3") -> TrainingRequest:
    return TrainingRequest.model_construct(
        model=ModelSource.model_construct(), channels={}, hyperparameters={"epochs": epochs}
    )


def result_of(partial: PartialOutput) -> None:
    """What a job that ended well has made."""
    partial.root.mkdir(parents=True)
    partial.log.write_text("line\n")
    model, reports = partial.root / "model.tar.gz", partial.root / "data"
    model.write_text("model")
    reports.mkdir()
    (reports / "report.html").write_text("report")
    partial.collect(model, reports)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_result_appears_whole_and_nothing_else_stays(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with held(target) as partial:
        assert partial.folder == tmp_path / "deep" / "out.partial"
        assert partial.begin(request(), fresh=False) is True
        assert not target.exists()
        result_of(partial)
    assert names(tmp_path / "deep") == ["out"]
    assert names(target) == ["model.tar.gz", "output_data", "training.log"]
    assert (target / "output_data" / "report.html").read_text() == "report"
    with pytest.raises(OutputExistsError, match="already exists; give another folder"):
        require_free(target)


def test_what_goes_on_is_kept_and_the_rest_cleared_away(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with held(target) as partial:
        assert partial.begin(request(), fresh=False)
        for folder in (partial.root, partial.checkpoints, partial.folder / "result"):
            folder.mkdir()
        (partial.checkpoints / "checkpoint-00001-000000.npz").touch()
        assert partial.settle() is True
        assert names(partial.folder) == [".lock", "checkpoints", "request.json"]
    assert require_free(target) is None
    with held(target) as partial:
        assert partial.begin(request(), fresh=False)
        (partial.checkpoints / "notes.txt").touch()
        partial.model.touch()
        partial.log.touch()
        # Anew: the checkpoints of the job and what it made, and nothing of others.
        assert partial.begin(request(), fresh=True)
        assert names(partial.checkpoints) == ["notes.txt"]
        assert names(partial.folder) == [".lock", "checkpoints", "request.json"]
        assert partial.settle() is False
    assert names(tmp_path) == []


def test_a_model_without_checkpoints_and_checkpoints_elsewhere(tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "out", tmp_path / "checkpoints"
    elsewhere.mkdir()
    (elsewhere / "checkpoint-00001-000000.npz").touch()
    with held(target, elsewhere) as partial:
        assert partial.checkpoints == elsewhere
        assert partial.begin(request(), fresh=False)
        assert partial.settle() is True
        # The next run finds them there: nothing here is needed for it.
        assert not partial.folder.exists()
    with held(target, elsewhere) as partial:
        assert partial.begin(request(), fresh=False)
        partial.model.touch()
        assert partial.settle() is True
        assert names(partial.folder) == [".lock", "model.tar.gz", "request.json"]
    assert names(elsewhere) == ["checkpoint-00001-000000.npz"]


def test_a_process_that_was_killed_after_its_result_has_nothing_to_do(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with held(target) as partial:
        assert partial.begin(request(), fresh=False)
        target.mkdir()
        assert partial.begin(request(), fresh=False) is False
        # Another job's result, or one that is not complete.
        with pytest.raises(OutputExistsError):
            partial.begin(request("4"), fresh=False)
        (partial.folder / "result").mkdir()
        with pytest.raises(OutputExistsError):
            partial.begin(request(), fresh=False)
        (partial.folder / "result").rmdir()
        # Or one of which nobody knows what it is of.
        (partial.folder / "request.json").unlink()
        with pytest.raises(OutputExistsError):
            partial.begin(request(), fresh=False)


def test_a_partial_output_that_somebody_has_removed_is_gone(tmp_path: Path) -> None:
    with held(tmp_path / "out") as partial:
        shutil.rmtree(partial.folder)
        partial.remove()
    assert names(tmp_path) == []


def test_a_request_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, os.strerror(28), str(path))

    monkeypatch.setattr(partial_output.output_files, "write_text", full)
    with held(tmp_path / "out") as partial, pytest.raises(OSError, match="No space"):
        partial.begin(request(), fresh=False)
    assert names(tmp_path) == []


HOLD = """
import pathlib, sys
from ic_tf_sdk.launch.local.partial_output import held
with held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_refused_with_the_process_that_writes(tmp_path: Path) -> None:
    target = tmp_path / "out"
    command = [sys.executable, "-c", HOLD, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        said = rf"Another run \(process {other.pid}\) is writing .*out\. Wait until it has ended"
        with pytest.raises(UserError, match=said), held(target):
            pass
        # It was asked, and goes on.
        other.stdin.close()
        assert other.wait(60) == 0
    with held(target) as partial:
        assert (partial.folder / ".lock").read_text() == str(os.getpid())


def test_a_process_of_another_user_writes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may not be asked, and so is there."""

    def refuse(number: int, signal: int) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(partial_output.os, "kill", refuse)
    with (
        held(tmp_path / "out"),
        pytest.raises(UserError, match=rf"process {os.getpid()}\) is writing"),
        held(tmp_path / "out"),
    ):
        pass


@pytest.mark.parametrize("holder", ["", "nobody", str(2**22 + 5)])
def test_the_child_of_a_run_that_was_killed_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: str
) -> None:
    """It holds the lock until it has saved, and the process that the lock names lives no more."""
    looks: list[float] = []
    acquire = partial_output.file_lock.acquire

    def later(path: Path) -> int | None:
        path.write_text(holder)
        return acquire(path) if len(looks) == 2 else None

    monkeypatch.setattr(partial_output.file_lock, "acquire", later)
    monkeypatch.setattr(partial_output.time, "sleep", looks.append)
    with held(tmp_path / "out"):
        assert looks == [0.2, 0.2]
    now = iter([0.0, 130.0, 131.0])
    looks.append(0.0)
    monkeypatch.setattr(partial_output.time, "monotonic", lambda: next(now))
    with (
        pytest.raises(UserError, match=rf"process {holder or 'unknown'}\) is writing"),
        held(tmp_path / "out"),
    ):
        pass
    assert len(looks) == 4


def test_a_place_that_is_taken_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nosuch")
    for name in ("file", "link"):
        with pytest.raises(OutputExistsError):
            require_free(tmp_path / name)
    with pytest.raises(FileAccessError):
        require_free(tmp_path / "file" / "out")
    assert require_free(tmp_path / "out") is None
    assert names(tmp_path) == ["file", "link"]
    # What one was begun as cannot be gone on with.
    (tmp_path / "out.partial").touch()
    with pytest.raises(FileAccessError, match=r"out\.partial"):
        require_free(tmp_path / "out")
