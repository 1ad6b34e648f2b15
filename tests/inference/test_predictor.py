"""A notebook's images in every form get the answer that the file itself gets."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import LocalPredictor
from tests.inference.plain_model import PlainModel


@pytest.fixture(scope="module")
def predictor(model_tar_gz):
    return LocalPredictor(model_tar_gz)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def png(picture, **options):
    stream = io.BytesIO()
    picture.save(stream, "PNG", **options)
    return stream.getvalue()


def answer(predictor, image):
    return json.loads(predictor.predict(image))["probabilities"]


@pytest.mark.parametrize("form", ["path", "text", "bytes", "bytearray", "PIL", "array", "tensor"])
def test_every_form_of_an_image_gets_the_answer_of_its_file(predictor, pixels, tmp_path, form):
    picture = Image.fromarray(pixels)
    file = tmp_path / "photo.png"
    file.write_bytes(png(picture))
    image = {
        "path": file,
        "text": str(file),
        "bytes": file.read_bytes(),
        "bytearray": bytearray(file.read_bytes()),
        "PIL": picture,
        "array": pixels,
        "tensor": tf.constant(pixels),
    }[form]
    (one,) = predictor.classify(image)
    expected = answer(predictor, file.read_bytes())
    assert [one.probabilities[label] for label in predictor.labels] == pytest.approx(
        expected, abs=1e-6
    )
    assert one.label == predictor.labels[int(np.argmax(expected))] == next(iter(one.probabilities))
    assert one.image == (str(file) if form in ("path", "text") else "image 1")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_a_picture_of_any_mode_is_answered(predictor, pixels, mode):
    picture = Image.fromarray(pixels).convert(mode)
    kept = picture if mode not in ("CMYK", "YCbCr") else picture.convert("RGB")
    expected = answer(predictor, png(kept))
    assert predictor.classify(picture)[0].probability == pytest.approx(max(expected))


@pytest.mark.parametrize("channels", [(), (1,), (4,)])
def test_an_array_may_be_grey_or_transparent(predictor, channels):
    array = np.full((20, 30, *channels), 90, np.uint8)
    grey = array[:, :, 0] if channels == (1,) else array
    expected = answer(predictor, png(Image.fromarray(grey)))
    assert predictor.classify(array)[0].probability == pytest.approx(max(expected))


def test_a_turned_photo_is_turned_as_in_its_file(predictor, pixels, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = tmp_path / "turned.png"
    file.write_bytes(png(Image.fromarray(pixels), exif=exif))
    with Image.open(file) as picture:
        of_picture, of_file = predictor.classify(picture, file)
    assert of_picture.probability == pytest.approx(of_file.probability, abs=1e-6)


def test_a_list_is_answered_in_its_order(predictor, pixels):
    answers = predictor.classify([pixels, 255 - pixels, pixels])
    assert [one.image for one in answers] == ["image 1", "image 2", "image 3"]
    assert answers[0].probabilities == answers[2].probabilities != answers[1].probabilities


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((4, 4, 3)), "An array of float64 with the shape [4, 4, 3] is no image"),
        (np.zeros((4, 4, 2), np.uint8), "the shape [4, 4, 2]"),
        (np.zeros((0, 4, 3), np.uint8), "the shape [0, 4, 3]"),
        (3.5, "A float is no image; give a path"),
        ("no/such.jpg", "No image at no/such.jpg"),
    ],
)
def test_what_is_no_image_is_told_what_is(predictor, image, reason):
    with pytest.raises(UserError) as caught:
        predictor.classify(image)
    assert reason in str(caught.value)


def test_a_folder_is_told_how_to_list_it(predictor, tmp_path):
    with pytest.raises(UserError, match="is a folder; give one image, or a list"):
        predictor.classify(tmp_path)


def test_all_images_that_do_not_decode_are_named_at_once(predictor, pixels, tmp_path):
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / name).write_bytes(b"no picture")
    with pytest.raises(UserError) as caught:
        predictor.classify(tmp_path / "one.jpg", pixels, tmp_path / "two.jpg")
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        str(tmp_path / "one.jpg"),
        str(tmp_path / "two.jpg"),
    ]


def test_a_notebook_shows_pictures_and_no_markup_of_a_name(predictor, pixels, tmp_path):
    file = tmp_path / "<b>rose.png"
    file.write_bytes(png(Image.fromarray(pixels)))
    answers = predictor.classify(file, pixels)
    page = answers._repr_html_()
    assert page.count('<img src="data:image/jpeg;base64,') == 2
    assert "&lt;b&gt;rose.png" in page
    assert "<b>" not in page
    assert repr(answers).splitlines()[1] == (
        f"image 2: {answers[1].label} ({answers[1].probability:.3f})"
    )


def test_many_answers_are_shown_in_part(predictor, pixels):
    answers = predictor.classify([pixels] * 22)
    assert repr(answers).splitlines()[-1] == "... 2 more"
    assert answers._repr_html_().count("<img") == 20
    assert len(answers) == 22


def test_in_a_terminal_it_says_its_classes_the_first_eight_of_many(monkeypatch):
    model = PlainModel()
    monkeypatch.setattr("ic_tf_sdk.inference.predictor.opened", lambda *_, **__: model)
    assert repr(LocalPredictor("any")) == "LocalPredictor of 2 classes: dark, light"
    model.labels = [f"a\x1b{number}" for number in range(9)]
    shown = ", ".join(f"a\\x1b{number}" for number in range(8))
    assert repr(LocalPredictor("any")) == f"LocalPredictor of 9 classes: {shown}, ..."
