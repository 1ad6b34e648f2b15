"""Checkpoints are complete or absent, few, and never taken for another job's."""

import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.training.loop import checkpoint_file
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.snapshot import Snapshot

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


@pytest.mark.parametrize("epochs", [0, 2])
def test_a_snapshot_comes_to_another_host_whole(epochs: int) -> None:
    sent = state(epochs=epochs, step=3, best_epoch=epochs // 2)
    found = Snapshot.from_bytes(sent.as_bytes())
    # A number that is none is no number's equal.
    assert repr(found) == repr(sent)
    assert (found.best is None) is (epochs == 0)


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


def checkpoint_of_an_epoch(tmp_path: Path) -> CheckpointFolder:
    """Two checkpoints, of which the newer one names the best weights of an earlier epoch."""
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(step=1))
    folder.save(state(epochs=1))
    (tmp_path / "checkpoint-00000-000001.npz").unlink()
    folder.save(state(epochs=1, step=3))
    (tmp_path / "best-00000.npz").write_bytes(b"half")
    return CheckpointFolder(tmp_path, IDENTITY)


def test_damaged_best_weights_are_those_of_that_epochs_checkpoint_and_written_again(
    tmp_path: Path,
) -> None:
    again = checkpoint_of_an_epoch(tmp_path)
    found = again.latest()
    assert found is not None
    assert found.best is not None
    assert found.progress.step == 3
    np.testing.assert_array_equal(found.best[0], state(epochs=1).variables[0])
    again.save(found)
    (tmp_path / "checkpoint-00001-000000.npz").unlink()
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert found.progress.step == 3


def test_damaged_best_weights_that_lie_nowhere_else_are_written_again(tmp_path: Path) -> None:
    again = checkpoint_of_an_epoch(tmp_path)
    (tmp_path / "checkpoint-00001-000000.npz").unlink()
    assert again.latest() is None
    again.save(state(epochs=1))
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert (len(found.progress.epochs), found.progress.step) == (1, 0)


@pytest.mark.parametrize("damaged", ["checkpoint-*", "best-*"])
def test_after_damage_a_job_that_begins_again_keeps_what_it_writes(
    tmp_path: Path, damaged: str
) -> None:
    earlier = CheckpointFolder(tmp_path, IDENTITY)
    for epochs in range(1, 7):
        # The best epoch is not the last one, so that no checkpoint has its weights.
        earlier.save(state(epochs=epochs, best_epoch=min(epochs - 1, 3)))
    for path in tmp_path.glob(damaged):
        path.write_bytes(path.read_bytes()[:200])
    again = CheckpointFolder(tmp_path, IDENTITY)
    assert again.latest() is None
    for epochs in range(1, 5):
        again.save(state(epochs=epochs, best_epoch=min(epochs - 1, 1)))
        found = CheckpointFolder(tmp_path, IDENTITY).latest()
        assert found is not None
        assert len(found.progress.epochs) == epochs
    assert (tmp_path / "checkpoint-00003-000000.npz").exists()
    assert not (tmp_path / "checkpoint-00002-000000.npz").exists()


def test_best_weights_that_were_deleted_or_damaged_meanwhile_are_written_again(
    tmp_path: Path,
) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(epochs=1))
    for step, harm in enumerate((Path.unlink, lambda path: path.write_bytes(b"half")), start=1):
        harm(tmp_path / "best-00000.npz")
        folder.save(state(epochs=1, step=step))
        (tmp_path / "checkpoint-00001-000000.npz").unlink(missing_ok=True)
        found = CheckpointFolder(tmp_path, IDENTITY).latest()
        assert found is not None
        assert found.best is not None
        assert found.progress.step == step


def test_a_damaged_checkpoint_replaces_none_that_can_be_read(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(step=1))
    second = folder.save(state(step=2))
    second.write_bytes(b"half")
    third = folder.save(state(step=3))
    third.write_bytes(b"half")
    found = folder.latest()
    assert found is not None
    assert found.progress.step == 1


OTHERS = (
    "best-model-of-mine.npz", "checkpoint-final.npz", "checkpoint-last.npz", "best-1.npz",
    "checkpoint-1-2.npz", "checkpoint-000001-000000.npz", "checkpoint-99999-999999.npz",
    "best-99999.npz", "result.json", "checkpoint-00001-000000.npz.bak",
)  # fmt: skip


def test_files_of_others_stay_and_displace_nothing(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-folder.npz").mkdir()
    for name in OTHERS:
        (tmp_path / name).write_bytes(b"mine")
    # Of another job, under names of this one's form.
    other = CheckpointFolder(tmp_path / "other", {"the model": "another"})
    other.save(state(epochs=1))
    for path in (tmp_path / "other").iterdir():
        path.rename(tmp_path / path.name)
    folder = CheckpointFolder(tmp_path, IDENTITY)
    for epochs in range(2, 6):
        folder.save(state(epochs=epochs, best_epoch=epochs - 1))
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert len(found.progress.epochs) == 5
    assert {path.name for path in tmp_path.iterdir()} == {
        *OTHERS, "other", "checkpoint-folder.npz", "checkpoint-00001-000000.npz", "best-00000.npz",
        "checkpoint-00004-000000.npz", "checkpoint-00005-000000.npz",
        "best-00003.npz", "best-00004.npz",
    }  # fmt: skip
    assert all((tmp_path / name).read_bytes() == b"mine" for name in OTHERS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path, IDENTITY).save(state(step=1))
    os.mkfifo(tmp_path / "checkpoint-00000-000002.npz")
    (tmp_path / "checkpoint-00000-000003.npz").mkdir()
    (tmp_path / "checkpoint-00000-000004.npz").symlink_to("nowhere")
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert found.progress.step == 1


def test_of_a_training_that_is_given_up_its_own_files_alone_are_removed(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    CheckpointFolder(tmp_path / "other", {"the model": "another"}).save(state(epochs=1))
    shutil.copy(tmp_path / "other" / "checkpoint-00001-000000.npz", tmp_path)
    (tmp_path / "checkpoint-00002-000000.npz").write_bytes(b"damaged")
    for epochs in (3, 4):
        folder.save(state(epochs=epochs, best_epoch=epochs - 1))
    kept = ["checkpoint-00001-000000.npz", "checkpoint-00002-000000.npz", "other"]
    third, fourth = (
        [f"best-{epochs - 1:05}.npz", f"checkpoint-{epochs:05}-000000.npz"] for epochs in (3, 4)
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, *third, *fourth])
    folder.remove(lambda progress: len(progress.epochs) == 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, *fourth])
    folder.remove(lambda progress: len(progress.epochs) == 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == kept


def test_a_copy_under_another_name_is_passed_over(tmp_path: Path) -> None:
    """Under a higher number it would be taken up at each start, whatever was done since."""
    written = CheckpointFolder(tmp_path, IDENTITY).save(state(step=1))
    shutil.copy(written, tmp_path / "checkpoint-00009-000000.npz")
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(step=2))
    found = folder.latest()
    assert found is not None
    assert found.progress.step == 2


def test_a_snapshot_that_does_not_fit_the_network_is_passed_over(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    for step in (1, 2):
        folder.save(state(step=step))
    found = folder.latest(lambda snapshot: snapshot.progress.step == 1)
    assert found is not None
    assert found.progress.step == 1


def test_what_others_wrote_in_the_same_form_is_named_in_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    np.savez(tmp_path / "checkpoint-00000-000002.npz", meta=np.array("{}"))
    np.savez(tmp_path / "checkpoint-00000-000001.npz", weights=np.zeros(3))
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is None
    digest, description = caplog.messages
    assert "its arrays are not those that were written" in digest
    assert "meta is not a file in the archive" in description


def test_a_half_written_file_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / ".checkpoint-00009-000000.npz.tmp").write_bytes(b"PK")
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is None


def test_a_full_disk_is_a_sentence_with_the_path_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(epochs=1, best_epoch=0))
    before = {path.name for path in tmp_path.iterdir()}
    write = checkpoint_file.write

    def full(file: BinaryIO, meta: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        if meta["name"].startswith("checkpoint-"):
            # What a write says of a full disk: no name.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, meta, arrays)

    monkeypatch.setattr(checkpoint_file, "write", full)
    with pytest.raises(FileAccessError, match=rf"No space left for {tmp_path}/checkpoint-00002"):
        folder.save(state(epochs=2, best_epoch=1))
    assert {path.name for path in tmp_path.iterdir()} == before
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is not None


def test_checkpoints_of_another_job_are_refused_by_what_differs(tmp_path: Path) -> None:
    CheckpointFolder(tmp_path, IDENTITY).save(state(step=1))
    other = {**IDENTITY, "the training images": "abd"}
    with pytest.raises(UserError, match="another job: the training images differs"):
        CheckpointFolder(tmp_path, other).latest()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_before_the_first_epoch_is_done_two_checkpoints_are_kept_too(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path / "not" / "there", IDENTITY)
    for step in range(1, 5):
        path = folder.save(state(step=step))
    assert names(path.parent) == ["checkpoint-00000-000003.npz", "checkpoint-00000-000004.npz"]


def test_one_whose_arrays_were_damaged_replaces_none(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    first = folder.save(state(step=1))
    second = folder.save(state(step=2))
    content = second.read_bytes()
    values = state(step=2).variables[0].tobytes()
    assert content.count(values) == 1
    second.write_bytes(content.replace(values, values[::-1]))
    newest = folder.save(state(step=3))
    assert first.exists()
    newest.write_bytes(b"half")
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert found.progress.step == 1


def test_one_whose_best_weights_are_of_another_training_replaces_none(tmp_path: Path) -> None:
    earlier = CheckpointFolder(tmp_path, IDENTITY)
    earlier.save(state(epochs=2))
    # It begins anew, and writes the weights of its own best epoch over those of the other.
    again = CheckpointFolder(tmp_path, IDENTITY)
    again.save(state(epochs=1))
    newest = again.save(state(epochs=3))
    newest.unlink()
    found = CheckpointFolder(tmp_path, IDENTITY).latest()
    assert found is not None
    assert len(found.progress.epochs) == 1


def test_the_best_weights_are_written_once_and_everything_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[int]()
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(file), fsync(file)))
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(epochs=1))
    assert len(synced) >= 2

    def written() -> tuple[int, int]:
        found = (tmp_path / "best-00000.npz").stat()
        return found.st_ino, found.st_mtime_ns

    best = written()
    folder.save(state(epochs=1, step=1))
    assert written() == best


def test_best_weights_that_were_there_before_stay_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CheckpointFolder(tmp_path, IDENTITY)
    folder.save(state(epochs=1))
    # Nobody knows whether they are whole: they are written again.
    os.utime(tmp_path / "best-00000.npz", (1, 1))
    before, write = names(tmp_path), checkpoint_file.write

    def full(file: BinaryIO, meta: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        if meta["name"].startswith("checkpoint-"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, meta, arrays)

    monkeypatch.setattr(checkpoint_file, "write", full)
    with pytest.raises(FileAccessError):
        folder.save(state(epochs=1, step=1))
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"identity": ["the model"]},
        {"identity": {}, "progress": 3, "run": "a"},
        {"identity": {}, "progress": {"epochs": 1, "step": "x"}, "run": "a"},
    ],
)
def test_what_another_version_wrote_is_passed_over(
    tmp_path: Path, meta: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with (tmp_path / "checkpoint-00000-000001.npz").open("wb") as file:
        checkpoint_file.write(file, meta, {"variables-0": np.zeros(1)})
    assert CheckpointFolder(tmp_path, IDENTITY).latest() is None
    assert "(it is of another version: " in caplog.text
