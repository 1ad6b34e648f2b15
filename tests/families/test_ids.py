"""For each model of the catalogue a module of its architecture, form and input size is taken."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.contract import archive
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.specs.model_spec import ModelSpec
from tests.families import reference
from tests.families.combinations import (
    MODEL_IDS,
    combination_of,
    combinations,
    smallest_of_each_family,
)

Built = Callable[[ModelSpec, str], Path | None]

# TF Hub names no label file for these, or one of another length than its page says.
_CLASSES_OF_UNKNOWN = 1000


def test_every_model_has_its_combination_and_every_family_its_architecture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from tests.families import modules

    found = combinations()
    members = [spec for each in found.values() for spec in each]
    assert len(members) == 136 + 1
    chosen = smallest_of_each_family()
    assert {combination_of(spec) for spec in chosen} == set(found)
    assert {spec.family for spec in chosen} == {spec.family for spec in members}
    for spec in members:
        assert spec.embedded_archive or callable(modules.writer(spec))
    with capsys.disabled():
        print(
            f"\n{len(members) - 1} ids and the embedded model: {len(found)} combinations of format,"
            f" input size, range, output and argument; {len({s.family for s in members})} families;"
            f" {len(chosen)} whole ways"
        )


def labels(spec: ModelSpec, folder: Path) -> Path:
    """A label file of as many lines as the model's classifier has outputs."""
    count = spec.num_classes or _CLASSES_OF_UNKNOWN
    names = [f"class {number}" for number in range(count)]
    if spec.label_set == "imagenet-2012 with background":
        names[0] = "background"
    path = folder / "labels.txt"
    path.write_text("\n".join(names) + "\n")
    return path


def mirrored(spec: ModelSpec, scope: Scope, module: Path | None, folder: Path) -> Path:
    """The archive that ``mirror`` makes, unpacked."""
    given: dict[str, Any] = {"source": module} if module else {}
    if module and scope == "inference":
        given["labels"] = labels(spec, folder)
    [done] = mirror(model_ids=[spec.model_id], scopes=[scope], to=folder / "archives", **given)
    assert done.problem == ""
    archive.extract(Path(done.location), folder / scope)
    return folder / scope


@pytest.mark.slow
@pytest.mark.parametrize("model_id", MODEL_IDS)
def test_the_mirror_takes_it_it_is_called_and_its_signature_answers(
    model_id: str, built: Built, tmp_path: Path
) -> None:
    spec = specs.get(model_id)
    check_features(spec, built(spec, "training"), tmp_path)
    check_answer(spec, built(spec, "inference"), tmp_path)


def check_features(spec: ModelSpec, module: Path | None, folder: Path) -> None:
    """The training archive describes its module, whose features are those of the bare module."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
    from ic_tf_sdk.training.network.backbone import open_source

    unpacked = mirrored(spec, "training", module, folder)
    source = open_source(unpacked)
    assert (source.info.input_height, source.info.input_width) == (
        spec.input_height,
        spec.input_width,
    )
    assert source.info.pixel_range == spec.pixel_range
    assert source.info.feature_vector_size == spec.feature_vector_size
    images = reference.normalised(spec, reference.noise(spec))
    expected = reference.answered(source.loaded, images)
    assert np.ptp(expected) > 0
    trainable = spec.module_format == "saved_model_2"
    layer = hub_layer(source.loaded, trainable=trainable)
    got = feature_vector(layer(images, training=False)).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    if trainable:
        trained = feature_vector(layer(tf.repeat(images, 2, 0), training=True))
        assert trained.shape == (2, spec.feature_vector_size)


def check_answer(spec: ModelSpec, module: Path | None, folder: Path) -> None:
    """The inference archive answers a picture with the bare module's probabilities."""
    import tensorflow as tf

    unpacked = mirrored(spec, "inference", module, folder)
    served = tf.saved_model.load(str(unpacked / "1"))
    pixels = reference.noise(spec)
    answer = served.signatures["serving_default"](tf.constant([reference.png(pixels)]))
    logits = reference.answered(served.classifier, reference.normalised(spec, pixels))
    expected = reference.probabilities(spec, logits)
    assert expected.shape == (1, spec.num_classes or _CLASSES_OF_UNKNOWN)
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(answer["probabilities"].numpy(), expected, rtol=2e-3, atol=1e-6)
    assert answer["labels"].shape == expected.shape
    best = answer["labels"].numpy()[0, expected.argmax()]
    assert answer["predicted_label"].numpy()[0] == best
