"""Small pictures of the report, by either way to them."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.results.report import thumbnails
from ic_tf_sdk.training.results.report.thumbnails import LONGEST, Thumbnail
from tests.training import ugly_images

_PREPROCESSING = Preprocessing(64, 64, "bilinear", "0..1")
# What the small picture's own compression changes.
_OF_JPEG = 4


def _made(folder: Path, contents: dict[str, bytes]) -> dict[str, Thumbnail]:
    names = tuple(contents)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    channel = ImageFolder(folder, ("a",), names, (0,) * len(names), {})
    made = thumbnails.make(channel, range(len(names)), _PREPROCESSING)
    return {names[row]: small for row, small in made.items()}


def _opened(small: Thumbnail) -> Image.Image:
    content = base64.b64decode(small.uri.partition(",")[2])
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_a_small_picture_shows_what_training_sees_and_what_it_refuses_has_none(
    tmp_path: Path,
) -> None:
    every = ugly_images.every()
    made = _made(tmp_path, {one.name: one.content for one in every})
    for one in every:
        assert (one.name in made) is (one.reason is None), one.name
        if one.expected is None or one.reason is not None:
            continue
        height, width = one.expected.shape[:2]
        small = made[one.name]
        assert (small.width > small.height) is (width > height), one.name
        # Quarter by quarter: a picture that lies on its side or is mirrored has others.
        exact = Image.fromarray(one.expected.astype(np.uint8))
        shown, wanted = (
            np.asarray(each.resize((2, 2), Image.Resampling.BOX), np.int64)
            for each in (_opened(small), exact)
        )
        assert np.abs(shown - wanted).max() <= one.tolerance + _OF_JPEG, one.name


@pytest.mark.parametrize("longest", [100, 448, 1900])
def test_a_photo_of_any_size_gets_the_size_and_the_colours_of_a_small_picture(
    tmp_path: Path, longest: int
) -> None:
    pixels = np.zeros((longest // 2, longest, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, longest)
    pixels[..., 1] = np.linspace(255, 0, longest // 2)[:, np.newaxis]
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    small = _made(tmp_path, {"photo.jpg": stream.getvalue()})["photo.jpg"]
    assert (small.width, small.height) == (LONGEST, LONGEST // 2)
    exact = Image.fromarray(pixels).resize((small.width, small.height), Image.Resampling.BOX)
    apart = np.asarray(_opened(small), np.int64) - np.asarray(exact, np.int64)
    assert np.abs(apart).mean() <= 3
