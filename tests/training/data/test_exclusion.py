"""A listed image is left out as if it were not there; a list of other images is refused."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.data.exclusion import Exclusion


def listed(tmp_path: Path, **files: list[str]) -> Exclusion:
    path = tmp_path / "exclude.json"
    path.write_text(json.dumps(files))
    return Exclusion(path)


def test_listed_images_are_gone_and_counted(
    tmp_path: Path, tiny_dataset: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    folder = image_folder.describe(tiny_dataset.training)
    gone = [folder.files[0], folder.files[-1]]
    exclusion = listed(tmp_path, training=[*gone, "dots/absent.jpg"], test=["dots/other.jpg"])
    with caplog.at_level(logging.INFO):
        rest = exclusion.of("training", folder)
    assert rest.files == folder.files[1:-1]
    assert exclusion.counts == {"training": 2}
    assert "2 images; 1 more of the list are not there" in caplog.text
    assert exclusion.of("validation", folder) is folder
    assert Exclusion(None).of("training", folder) is folder


def test_a_name_that_is_no_utf8_is_found(tmp_path: Path) -> None:
    folder = image_folder.ImageFolder(
        Path("photos"), ("a", "b"), ("a/1.jpg", "a/caf\udce9.jpg", "b/1.jpg"), (0, 0, 1), {}
    )
    rest = listed(tmp_path, training=["a/caf\\udce9.jpg"]).of("training", folder)
    assert rest.files == ("a/1.jpg", "b/1.jpg")


def test_a_list_of_another_folder_or_of_a_whole_class_is_refused(
    tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = image_folder.describe(tiny_dataset.training)
    with pytest.raises(DatasetError, match=r"None of the 1 files .* is in "):
        listed(tmp_path, training=["roses/1.jpg"]).of("training", folder)
    dots = [file for file in folder.files if file.startswith("dots/")]
    with pytest.raises(DatasetError, match=r"left of 'dots' .*takes the others"):
        listed(tmp_path, training=dots).of("training", folder)
    # A test channel may lack a class.
    assert len(listed(tmp_path, test=dots).of("test", folder).files) == len(folder.files) - 16


@pytest.mark.parametrize("content", ["", "[]", '{"training": 3}', '{"training": [3]}', "null"])
def test_what_is_no_such_list_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "exclude.json"
    path.write_text(content)
    with pytest.raises(DatasetError, match="JSON object, channel name to list of files") as refused:
        Exclusion(path)
    # What cannot be read at all is told from what is read and no such list.
    assert (refused.value.__cause__ is None) == (content == '{"training": [3]}')


def test_a_job_trains_without_what_is_listed(
    train: Callable[..., Any], tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    files = image_folder.describe(tiny_dataset.training).files[:3]
    path = tmp_path / "exclude.json"
    path.write_text(json.dumps({"training": files}))
    done = train(train_only_on_top=True, epochs=1, exclude=path)
    every = {*done.plan.training.files, *done.plan.validation.files}
    assert len(every) == 45
    assert not every & set(files)
    assert "3 training images" in (done.output / "report.html").read_text()
