"""A job opens each image as seldom as it can: read in S3 as it is needed, an open is a request."""

import shutil
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest

from ic_tf_sdk.contract import regular_file
from tests.inference.conftest import train
from tests.training.data.opens import Watched, watched


@pytest.fixture
def channel(tiny_dataset: SimpleNamespace, tmp_path: Path) -> Path:
    """A channel that cannot be written to, as SageMaker mounts it with FastFile."""
    folder = tmp_path / "channel"
    shutil.copytree(tiny_dataset.training, folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return folder


@pytest.mark.parametrize(
    "given",
    [
        {"train_only_on_top": "True", "epochs": 4},
        {"train_only_on_top": "False", "epochs": 2},
    ],
    ids=["features", "decoded images"],
)
def test_the_scan_and_the_cache_open_each_image_once_however_many_epochs(
    channel: Path, tiny_archive: Path, tmp_path: Path, given: dict[str, Any]
) -> None:
    with watched(channel) as seen:
        train(tmp_path, tiny_archive, channel, **given)
    images = {path.relative_to(channel).as_posix() for path in channel.rglob("*.*g")}
    # The report's small pictures are read from their files, once.
    report = (tmp_path / "output" / "report.html").read_text(encoding="utf-8")
    shown = {name for name in images if name in report}
    assert len(shown) < len(images) / 2
    assert seen.opens == {name: 3 if name in shown else 2 for name in images}
    assert not seen.changes


def test_the_scan_alone_opens_each_image_once_and_many_at_a_time(
    channel: Path, tiny_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training import environment, plan

    opened, each = regular_file.opened, 0.1

    def slowly(path: str | Path) -> BinaryIO:
        time.sleep(each)
        return opened(path)

    monkeypatch.setattr(regular_file, "opened", slowly)
    variables = {"SM_CHANNEL_TRAINING": str(channel), "SM_CHANNEL_MODEL": str(tiny_archive)}
    begin = time.monotonic()
    with watched(channel) as seen:
        made = plan.make(environment.read([], variables))
    # 48 images in a row would take 4.8 s.
    assert time.monotonic() - begin < 48 * each / 2
    assert set(seen.opens.values()) == {1}
    assert len(seen.opens) == len(made.samples) == 48


def test_only_what_may_be_a_copy_is_opened_again(
    tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    from ic_tf_sdk.training import environment, plan

    folder = tmp_path / "copies"
    shutil.copytree(tiny_dataset.training, folder)
    first = min((folder / "dots").iterdir())
    shutil.copyfile(first, folder / "plain" / f"copy{first.suffix}")
    variables = {"SM_CHANNEL_TRAINING": str(folder), "SM_CHANNEL_MODEL": str(tiny_archive)}
    with watched(folder) as seen:
        plan.make(environment.read([], variables))
    again = {path for path, count in seen.opens.items() if count > 1}
    assert again == {f"dots/{first.name}", f"plain/copy{first.suffix}"}


def test_the_test_sees_each_open_and_change_in_a_row_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with watched(tmp_path) as seen:
        for _ in range(3):
            (tmp_path / "a").read_bytes()
        (tmp_path / "b").write_bytes(b"y")
    assert seen == Watched({"a": 3, "b": 1}, seen.changes)
    assert set(seen.changes) == {"b"}
