"""An image in any form that a notebook has becomes the file whose pixels it shows."""

import errno
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.given_image import content, encoded, name_of


def pixels(content: bytes) -> Any:
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


def drawn(*shape: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def test_bytes_and_files_are_taken_as_they_are(tmp_path: Path) -> None:
    content = b"whatever is in it"
    (tmp_path / "photo.jpg").write_bytes(content)
    for form in (content, bytearray(content), memoryview(content)):
        assert encoded(form) == content
        assert type(encoded(form)) is bytes
    for path in (tmp_path / "photo.jpg", str(tmp_path / "photo.jpg")):
        assert encoded(path) == content


def test_the_content_of_a_file_is_read_and_what_the_system_says_is_left_to_be_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"whatever is in it")
    for form in (tmp_path / "photo.jpg", str(tmp_path / "photo.jpg"), b"whatever is in it"):
        assert content(form) == b"whatever is in it"
    for place in (tmp_path, tmp_path / "nosuch.jpg"):
        with pytest.raises(OSError, match=str(place)):
            content(place)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3), (4, 6, 4), (1, 1), (1, 1, 1)])
def test_an_array_keeps_every_pixel(shape: tuple[int, ...]) -> None:
    array = drawn(*shape)
    found = pixels(encoded(array))
    np.testing.assert_array_equal(found, array.reshape(found.shape))


def test_an_open_file_is_no_image_and_is_not_taken_for_a_picture(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"whatever is in it")
    with (
        (tmp_path / "photo.jpg").open("rb") as stream,
        pytest.raises(UserError, match="A BufferedReader is no image; give a path"),
    ):
        encoded(stream)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENAMETOOLONG])
def test_what_the_system_says_of_a_path_is_left_to_be_told_unless_it_is_too_long(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_: Path) -> bool:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "is_dir", refuse)
    told = UserError if number == errno.ENAMETOOLONG else PermissionError
    with pytest.raises(told):
        encoded("photo.jpg")


def test_one_channel_is_grey() -> None:
    array = drawn(4, 6, 1)
    np.testing.assert_array_equal(pixels(encoded(array)), array[:, :, 0])


class Tensor:
    """What has ``__array__``, as TensorFlow's and torch's tensors."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return drawn(4, 6, 3)


def test_a_tensor_is_an_array() -> None:
    np.testing.assert_array_equal(pixels(encoded(Tensor())), drawn(4, 6, 3))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((4, 6, 3)), r"An array of float64 with the shape \[4, 6, 3\] is no image"),
        (np.zeros((4, 6, 2), np.uint8), r"uint8 with the shape \[4, 6, 2\]"),
        (np.zeros((4, 6, 5), np.uint8), r"\[4, 6, 5\]"),
        (np.zeros((2, 4, 6, 3), np.uint8), r"\[2, 4, 6, 3\]"),
        (np.zeros((4,), np.uint8), r"shape \[4\]"),
        (np.zeros((0, 6, 3), np.uint8), r"\[0, 6, 3\]"),
        (np.zeros((4, 0), np.uint8), r"\[4, 0\]"),
        (7, "A int is no image; give a path, an S3 URI"),
        (None, "A NoneType is no image"),
        (["a.jpg"], "A list is no image"),
    ],
)
def test_what_is_no_image_is_refused_with_what_is(array: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        encoded(array)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_picture_of_a_mode_of_png_keeps_it(mode: str) -> None:
    picture = Image.new(mode, (5, 3))
    with Image.open(io.BytesIO(encoded(picture))) as found:
        assert found.mode == mode
        assert found.size == (5, 3)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "LAB", "F"])
def test_one_of_another_becomes_rgb(mode: str) -> None:
    with Image.open(io.BytesIO(encoded(Image.new(mode, (5, 3))))) as found:
        assert found.mode == "RGB"


def test_a_turned_photo_stands_upright_and_stays_as_it_was() -> None:
    picture = Image.fromarray(drawn(4, 6, 3))
    picture.getexif()[0x0112] = 6
    np.testing.assert_array_equal(pixels(encoded(picture)), np.rot90(drawn(4, 6, 3), -1))
    assert picture.size == (6, 4)


def test_a_folder_is_told_what_to_write_instead(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is a folder; give one image, or a list: sorted\(pathlib"):
        encoded(tmp_path)
    with pytest.raises(UserError, match="No image at"):
        encoded(tmp_path / "nosuch.jpg")


def test_base64_is_no_path_and_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match=r"too long for a path.*base64\.b64decode") as refused:
        encoded("iVBORw0KGgo" * 1000)
    assert len(str(refused.value)) < 300


def test_an_image_is_called_by_its_path_or_its_number() -> None:
    assert [name_of("a.jpg", 0), name_of(Path("b.jpg"), 1), name_of(b"", 2)] == [
        "a.jpg",
        "b.jpg",
        "image 3",
    ]
