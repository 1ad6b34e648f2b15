"""What is done with a model's answers to choose pictures to label; of a model without a network."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract import phases
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.launch.local import to_label as choosing
from ic_tf_sdk.launch.local.to_label import to_label
from ic_tf_sdk.training.data.image_folder import ImageFolder
from tests.inference.plain_model import PlainModel, picture
from tests.training.data.test_rehearsal import model_of

pytest.importorskip("sklearn")


def image(name: str, light: int) -> SourceImage:
    return SourceImage(name, lambda: picture(light))


# The middle ones are the least sure; each is of another light.
LIGHTS = range(0, 240, 8)
IMAGES = [image(f"{light:03d}.png", light) for light in LIGHTS]


def margin(light: int) -> float:
    return abs(1 - 2 * light / 255)


LEAST_SURE = sorted(LIGHTS, key=margin)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of no training of this package, which answers by how light a picture is."""
    monkeypatch.setattr(choosing.extras, "require", lambda *_: None)
    monkeypatch.setattr(choosing, "ServedModel", lambda _: PlainModel())
    # A copy says which file it is of.
    monkeypatch.setattr(choosing, "_small", lambda path: f"data:{path.name}")
    return model_of(tmp_path / "model", ())


class Features:
    """In place of a backbone's: what it was asked for, and rows of which the second is nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[Path, ImageFolder]] = []
        name = "ic_tf_sdk.training.feed.folder_features"
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(folder_features=self))  # type: ignore[arg-type]

    def __call__(self, model: Path, folder: ImageFolder) -> Any:
        self.asked.append((model, folder))
        rows = np.tile([3.0, 4.0], (len(folder.files), 1)).astype(np.float32)
        rows[1] = 0
        return SimpleNamespace(features=rows)


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch) -> Features:
    return Features(monkeypatch)


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, list[float]]]:
    """What pictures are told apart by, and how unsure the model is of each; the first are taken."""
    found: list[tuple[Any, list[float]]] = []

    def first(given: Any, unsure: list[float], count: int) -> list[int]:
        found.append((given, unsure))
        return list(range(count))

    monkeypatch.setattr(choosing, "_unlike", first)
    return found


def test_ten_times_as_many_are_looked_at_and_the_least_sure_come_first(
    published: Path, features: Features, handed: list[tuple[Any, list[float]]]
) -> None:
    found = to_label(published, [*IMAGES, IMAGES[3]], 2)
    assert found.images == 30
    assert [one.image for one in found.found] == [f"{light:03d}.png" for light in LEAST_SURE[:2]]
    assert found.method == (
        "Chosen among the 20 whose two likeliest classes are nearest; told apart by their "
        "probabilities."
    )
    [(told_by, unsure)] = handed
    assert unsure == pytest.approx([1 - margin(light) for light in LEAST_SURE[:20]], abs=1e-6)
    light = np.array(LEAST_SURE[:20]) / 255
    np.testing.assert_allclose(told_by, np.sqrt(np.stack([1 - light, light], 1)), atol=1e-6)
    assert features.asked == []
    assert found.pictures == found.failed == {}


def test_where_there_are_no_more_all_are_listed(published: Path, features: Features) -> None:
    found = to_label(published, IMAGES[:3], 3, pictures=True)
    assert found.method == "All of them: there are no more."
    assert [one.image for one in found.found] == ["016.png", "008.png", "000.png"]
    assert found.pictures == {name: f"data:{name}" for name in ("016.png", "008.png", "000.png")}


def test_what_has_no_answer_is_told_and_each_picture_is_counted(published: Path) -> None:
    told: list[PhaseReport] = []
    broken = SourceImage("broken.png", lambda: b"none")
    with phases.heard_by(told.append):
        found = to_label(published, [broken, *IMAGES[:2]], 5)
    assert list(found.failed) == ["broken.png"]
    assert [one.image for one in found.found] == ["008.png", "000.png"]
    assert found.images == 3
    ends = {report.name: report for report in told if report.ended}
    assert (ends["evaluation"].done, ends["evaluation"].total) == (3, 3)


def test_of_a_model_of_one_class_that_class_is_the_next_one_too() -> None:
    found = choosing._unsure({"image": "x.jpg", "labels": ["a"], "probabilities": [1.0]})
    assert found == ("x.jpg", "a", 1.0, "a", 1.0, 0.0)


def test_a_picture_in_s3_is_fetched_to_be_looked_at(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "_small", lambda path: f"{path.suffix} {path.read_bytes()!r}")
    name = "s3://bucket/a.png"
    found = to_label(published, [image(name, 8)], 1, pictures=True)
    assert found.pictures == {name: f".image {picture(8)!r}"}


@pytest.mark.parametrize("reason", ["trained here", "an answer is missing"])
def test_pictures_are_told_apart_by_the_backbone_whatever_lengths_its_features_have(
    published: Path, features: Features, tmp_path: Path, reason: str
) -> None:
    trained = reason == "trained here"
    model = model_of(tmp_path / "trained", ("dark", "light")) if trained else published
    images = IMAGES[:2] if trained else [IMAGES[0], SourceImage("gone.png", lambda: b"none")]
    paths = [Path("one.png").absolute(), Path("two.png").absolute()]
    answers = [choosing.Unsure(one.name, "light", 0.5, "dark", 0.5, 0.0) for one in images]
    served: Any = PlainModel()
    told_by, of_what = choosing._features(model, paths, served, answers, images)
    assert of_what == "the model's features"
    np.testing.assert_allclose(told_by, [[0.6, 0.8], [0, 0]], rtol=1e-6)
    [(asked, folder)] = features.asked
    assert asked == model
    assert folder == ImageFolder(Path(os.sep), ("",), tuple(map(str, paths)), (0, 0), {})
