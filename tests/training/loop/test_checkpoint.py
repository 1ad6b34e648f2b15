"""Checkpoints are complete or absent, few, and never taken for another job's."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder, Snapshot
from ic_tf_sdk.training.loop.progress import Progress

IDENTITY = {"the hyperparameter batch_size": "32", "the training images": "abc"}


def state(epochs: int = 0, step: int = 0, best_epoch: int = 0) -> Snapshot:
    progress = Progress(
        epochs=[{"loss": 0.5, "val_accuracy": float("nan")}] * epochs,
        seconds=[1.5] * epochs,
        step=step,
        best_epoch=best_epoch,
        best_value=0.5 if epochs else None,
    )
    return Snapshot(
        progress,
        variables=[np.full((2, 3), epochs + step, np.float32), np.array(7, np.int64)],
        optimizer=[np.array(epochs * 10 + step, np.int64)],
        metrics=[np.ones(200, np.float32)] * (step > 0),
        best=[np.full((2, 3), best_epoch, np.float32), np.array(3, np.int64)] if epochs else None,
    )


def test_what_was_saved_comes_back_with_types_and_order(tmp_path: Path) -> None:
    wide = state(epochs=2, step=5, best_epoch=1)
    # More than ten of a kind: their order must not be that of the letters.
    wide.variables = [np.full(1, index, np.float32) for index in range(25)]
    CheckpointFolder(tmp_path / "new", IDENTITY).save(wide)
    found = CheckpointFolder(tmp_path / "new", IDENTITY).latest()
    assert found is not None
    assert found.best is not None
    assert found.progress.step == 5
    assert found.progress.best_epoch == 1
    assert [int(value[0]) for value in found.variables] == list(range(25))
    assert found.optimizer[0].dtype == np.int64
    assert found.optimizer[0] == 25
    assert found.metrics[0].shape == (200,)
    assert np.isnan(found.progress.epochs[0]["val_accuracy"])
    np.testing.assert_array_equal(found.best[0], np.ones((2, 3), np.float32))


def test_an_empty_or_missing_folder_has_no_checkpoint(tmp_path: Path) -> None:
    assert CheckpointFolder(tmp_path / "missing", IDENTITY).latest() is None
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is None


def test_two_checkpoints_and_the_best_weights_they_name_are_kept(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    for step in range(1, 4):
        folder.save(state(step=step))
    for epochs, best in ((1, 0), (2, 1), (3, 1), (4, 3), (5, 3)):
        folder.save(state(epochs=epochs, best_epoch=best))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "best-00003.npz",
        "checkpoint-00004-000000.npz",
        "checkpoint-00005-000000.npz",
    ]


@pytest.mark.parametrize("kept_bytes", [0, 10, 700])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    tmp_path: Path, kept_bytes: int
) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(step=1))
    newest = folder.save(state(step=2))
    newest.write_bytes(newest.read_bytes()[:kept_bytes])
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert found.progress.step == 1


def test_damaged_best_weights_are_written_again(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(step=1))
    folder.save(state(epochs=1))
    (tmp_path / "best-00000.npz").write_bytes(b"half")
    again = CheckpointFolder(tmp_path, IDENTITY)
    found = again.latest()
    assert found is not None
    assert found.progress.step == 1
    again.save(state(epochs=1))
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert len(found.progress.epochs) == 1


def test_a_half_written_file_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint-00009-000000.npz.tmp").write_bytes(b"PK")
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is None


def test_a_full_disk_is_a_sentence_with_the_path_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(epochs=1, best_epoch=0))
    before = {path.name for path in tmp_path.iterdir()}
    savez = np.savez

    def full(file: Path, **arrays: np.ndarray) -> None:
        if "meta" in arrays:
            # What a write says of a full disk: no name.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        savez(file, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(FileAccessError, match=rf"No space left for {tmp_path}/checkpoint-00002"):
        folder.save(state(epochs=2, best_epoch=1))
    assert {path.name for path in tmp_path.iterdir()} == before
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is not None


def test_checkpoints_of_another_job_are_refused_by_what_differs(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path, IDENTITY).save(state(step=1))
    other = {**IDENTITY, "the training images": "abd"}
    with pytest.raises(UserError, match="another job: the training images differs"):
        CheckpointFolder(tmp_path, other).latest()
