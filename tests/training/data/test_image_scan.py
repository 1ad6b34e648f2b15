"""What is said of bad files: each with its reason, ten of many, and in the order of the channel."""

import logging
from pathlib import Path

import pytest

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_folder, image_scan
from ic_tf_sdk.training.data.image_folder import ImageFolder
from tests.training.data.test_channel_report import fill


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    return fill(tmp_path / "photos", {"a": 12, "b": 2})


def lines(error: pytest.ExceptionInfo[DatasetError]) -> list[str]:
    return [line for line in str(error.value).splitlines() if line.startswith("  ")]


@pytest.mark.parametrize(
    ("count", "last"), [(9, None), (10, None), (11, "  and 1 more"), (12, "  and 2 more")]
)
def test_ten_bad_files_are_named_and_the_others_counted(
    folder: ImageFolder, count: int, last: str | None
) -> None:
    # Whatever their order, the channel's is told.
    bad = dict.fromkeys(reversed(range(count)), "GIF")
    with pytest.raises(DatasetError, match=rf"(?s)^{count} of 14 files in .*on_bad_image") as error:
        image_scan.refuse(folder, bad)
    said = lines(error)
    named = [f"  {folder.root / file}: GIF" for file in folder.files[: min(count, 10)]]
    assert said == named + ([last] if last else [])


def test_no_bad_file_is_no_error(folder: ImageFolder) -> None:
    image_scan.refuse(folder, {})
    image_scan.refuse_vanished(folder)


def test_files_that_vanished_are_named_with_the_systems_reason(folder: ImageFolder) -> None:
    (folder.root / folder.files[13]).unlink()
    (folder.root / folder.files[2]).unlink()
    with pytest.raises(DatasetError, match=r"(?s)^2 of 14 files in .*Put them back") as error:
        image_scan.refuse_vanished(folder)
    assert lines(error) == [
        f"  {folder.root / folder.files[row]}: No such file or directory" for row in (2, 13)
    ]


def test_bad_files_are_left_out_and_logged_in_their_order(
    folder: ImageFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        rest = image_scan.without(folder, {5: "empty", 1: "GIF"})
    assert rest.files == (folder.files[0], *folder.files[2:5], *folder.files[6:])
    assert caplog.messages == [
        f"Left out {folder.root / folder.files[1]}: GIF",
        f"Left out {folder.root / folder.files[5]}: empty",
    ]


def test_what_is_refused_is_neither_a_sample_nor_decoded(folder: ImageFolder) -> None:
    (folder.root / folder.files[0]).write_bytes(b"")
    # Cut in its middle, which its header does not say.
    whole = (folder.root / folder.files[1]).read_bytes()
    (folder.root / folder.files[1]).write_bytes(whole[:-2])
    advanced: list[int] = []
    headers = image_scan.scan(folder, advance=advanced.append)
    assert sum(advanced) == 14
    assert image_scan.unreadable(headers) == {0: "empty"}
    assert image_scan.needs_decoding(folder, headers) == {folder.root / folder.files[1]}
    samples = image_scan.samples(folder, headers)
    assert list(samples) == [folder.root / file for file in folder.files[1:]]
    assert len(set(samples.values())) == 13


def test_a_channel_is_scanned_as_it_is_described(folder: ImageFolder) -> None:
    assert image_folder.describe(folder.root).files == folder.files
    assert [header.problem for header in image_scan.scan(folder)] == [None] * 14
