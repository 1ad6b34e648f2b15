"""An archive that is written whole, or one sentence and nothing left."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from ic_tf_sdk.content.archive_file import writing
from ic_tf_sdk.errors import ArchiveError, StorageError


def test_it_appears_in_folders_that_are_made_for_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "models" / "model.tar.gz"
    for content in (b"first", b"second"):
        with writing(target) as path:
            path.write_bytes(content)
        assert target.read_bytes() == content
    assert list(target.parent.iterdir()) == [target]


def half(path: Path, error: Exception) -> None:
    path.write_bytes(b"half")
    raise error


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FULL, r"\[Errno 28\] No space left on device"),
        # As copytree says it: each with its file and where it should have gone.
        (
            shutil.Error(
                [("a", "b", f"{place} of three") for place in ("first", "second", "last")]
            ),
            "last of three",
        ),
    ],
)
def test_what_cannot_be_written_is_one_sentence_and_nothing_is_left(
    error: OSError, said: str, tmp_path: Path
) -> None:
    target = tmp_path / "model.tar.gz"
    expected = f"{target} cannot be written: {said}. Nothing was left there; free some space"
    with pytest.raises(StorageError, match=expected), writing(target) as path:
        half(path, error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [StorageError("S3 refuses"), ArchiveError("damaged")])
def test_other_errors_stay_as_they_are(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(type(error), match=f"^{error}$"), writing(tmp_path / "model.tar.gz") as path:
        half(path, error)
