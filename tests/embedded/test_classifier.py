"""The classifier that ships: pretrained inference over the formula classes, without a download."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.contract import archive, handler_file, model_info
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from tests.training.ugly_images import every
from tools.embedded.classifier import LABELS, measure, pack_classifier, repack, train_head
from tools.embedded.pictures import draw_pictures, open_pictures

MODEL_ID = "tensorflow-ic-embedded-formulanet-96"


@pytest.fixture(scope="module")
def classifier() -> Path:
    return embedded.archive_path(MODEL_ID, "inference")


@pytest.fixture(scope="module")
def held_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of the shipped classifier's formulas, of other numbers than those it learned."""
    folder = tmp_path_factory.mktemp("held-out") / "pictures"
    draw_pictures(
        folder=folder, count=400, seed=1, processes=1, variants=1, first=90_000, renderings=2
    )
    return folder


def test_the_catalogue_says_what_the_classifier_answers(classifier: Path) -> None:
    spec, loaded = specs.get(MODEL_ID), ServedModel(classifier)
    assert loaded.labels == LABELS
    assert len(set(loaded.labels)) == spec.num_classes == 240
    assert (loaded.height, loaded.width) == (spec.input_height, spec.input_width)
    content = archive.read_member(classifier, model_info.FILE_NAME)
    assert content is not None
    assert json.loads(content)["model_id"] == MODEL_ID


def test_backbone_and_classifier_are_the_same_network(
    classifier: Path, unpacked: Path, held_out: Path, tmp_path: Path
) -> None:
    archive.extract(classifier, tmp_path / "classifier")
    backbone = tf.saved_model.load(str(unpacked / "1"))
    inside = tf.saved_model.load(str(tmp_path / "classifier" / "1")).classifier.backbone
    images = open_pictures(held_out)[0][:8].astype(np.float32) / 255
    np.testing.assert_array_equal(inside(images), backbone(images))


def test_the_graph_that_ships_is_that_of_today(classifier: Path, tmp_path: Path) -> None:
    """Decoding, its limits and its turning of photos: `tools.embedded.classifier --repack`."""
    shipped, today = ServedModel(classifier), ServedModel(repack(tmp_path))
    assert archive.read_member(classifier, "code/inference.py") == handler_file.source().encode()
    for ugly in every():
        outcomes = [_outcome(model, ugly.content) for model in (shipped, today)]
        np.testing.assert_array_equal(*outcomes, err_msg=ugly.name)


def _outcome(model: ServedModel, image: bytes) -> Any:
    try:
        return model.load_image(image)
    except RequestError:
        return "refused"


def test_it_knows_formulas_in_pictures_it_has_not_seen(classifier: Path, held_out: Path) -> None:
    """The figures are in docs/measurements; guessing gives 0.02, and the largest family is 0.40."""
    found = measure(classifier, held_out)
    assert found["pictures"] == 400
    assert found["top_5_accuracy"] > 0.06
    assert found["family_accuracy"] > 0.47


def test_it_answers_a_file_as_an_endpoint_would(
    classifier: Path, held_out: Path, tmp_path: Path
) -> None:
    pixels, _ = open_pictures(held_out)
    Image.fromarray(pixels[0]).save(tmp_path / "picture.png")
    answer: dict[str, Any] = json.loads(
        LocalPredictor(classifier).predict(
            (tmp_path / "picture.png").read_bytes(), {"Accept": "application/json;verbose"}
        )
    )
    assert len(answer["probabilities"]) == 240
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert answer["predicted_label"] in LABELS


def test_a_head_learns_what_separates_and_packs_to_half_the_bytes() -> None:
    rng = np.random.default_rng(0)
    formulas = rng.integers(0, 4, 2000)
    centres = rng.standard_normal((4, 672)).astype(np.float32)
    features = centres[formulas] + rng.standard_normal((2000, 672)).astype(np.float32)
    kernel, bias = train_head(features, formulas, seed=1)
    assert ((features @ kernel + bias).argmax(1) == formulas).mean() > 0.95
    for weight in (kernel, bias):
        assert weight.dtype == np.float32
        np.testing.assert_array_equal(weight, weight.astype(np.float16))


@pytest.mark.slow
@pytest.mark.merge
def test_the_recipe_packs_an_archive_that_answers(held_out: Path, tmp_path: Path) -> None:
    packed = pack_classifier(pictures=held_out, directory=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f"infer-{MODEL_ID}.tar.gz"]
    found = measure(packed, held_out)
    # 400 pictures, each of them seen: the recipe learns.
    assert found["accuracy"] > 0.3
