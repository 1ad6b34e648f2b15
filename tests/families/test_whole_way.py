"""From TF Hub to an answer, with a module of each family in each form that the catalogue has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.model_spec import ModelSpec
from tests.conftest import TINY_LABELS
from tests.content.classifier_module import packed
from tests.content.hub_server import serving
from tests.families import reference
from tests.families.combinations import MODEL_IDS, smallest_of_each_family
from tests.inference import servers, tensorflow_serving
from tests.inference.conftest import train

Built = Callable[[ModelSpec, str], Path | None]

ONE_OF_EACH_FORMAT = [
    "tensorflow-ic-imagenet-mobilenet-v2-035-96",
    "tensorflow-ic-efficientnet-lite0-classification-2",
]


def test_a_merge_has_one_of_each_format() -> None:
    every = {spec.module_format for spec in map(specs.get, MODEL_IDS)}
    assert {specs.get(model_id).module_format for model_id in ONE_OF_EACH_FORMAT} == every


@pytest.mark.slow
@pytest.mark.merge
@pytest.mark.parametrize("model_id", ONE_OF_EACH_FORMAT)
def test_one_module_of_each_format_goes_the_whole_way(
    model_id: str, built: Built, few_pictures: Path, tmp_path: Path
) -> None:
    whole_way(specs.get(model_id), built, few_pictures, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model_id",
    [
        spec.model_id
        for spec in smallest_of_each_family()
        if spec.model_id not in ONE_OF_EACH_FORMAT
    ],
)
def test_each_family_goes_the_whole_way_in_each_of_its_combinations(
    model_id: str, built: Built, few_pictures: Path, tmp_path: Path
) -> None:
    whole_way(specs.get(model_id), built, few_pictures, tmp_path)


def whole_way(spec: ModelSpec, built: Built, pictures: Path, folder: Path) -> None:
    """Download, train the top, train the whole, train further, answer as the container does."""
    pretrained = downloaded(spec, built(spec, "training"), folder)
    archive.extract(pretrained, folder / "pretrained")
    start = values(loaded(folder / "pretrained"))
    given = {"epochs": 1, "batch_size": 6, "learning_rate": 0.01}
    earlier = train(folder / "top", pretrained, pictures, **given)
    kept = values(loaded(earlier).backbone)
    assert same(start, kept)
    whole = {**given, "train_only_on_top": "False"}
    if spec.module_format == "tf1_hub":
        with pytest.raises(ArchiveError, match="Set train_only_on_top to 'True'"):
            train(folder / "whole", pretrained, pictures, **whole)
    else:
        earlier = train(folder / "whole", pretrained, pictures, **whole)
        kept = values(loaded(earlier).backbone)
        assert not same(start, kept)
    archive.pack(earlier, folder / "model.tar.gz")
    last = train(folder / "further", folder / "model.tar.gz", pictures, **given)
    artifact = loaded(last)
    assert same(kept, values(artifact.backbone))
    check_answers(spec, last, artifact, folder)


def downloaded(spec: ModelSpec, module: Path | None, folder: Path) -> Path:
    """The training archive, its module from a host as TF Hub is one."""
    mirrored = {"model_ids": [spec.model_id], "scopes": ["training"], "to": folder / "archives"}
    if module is None:
        [done] = mirror(**mirrored)
    else:
        with serving(packed(module)) as host:
            # The weights of the extra are at hand for some; a handle asks for TF Hub's.
            [done] = mirror(**mirrored, handle=host.handle_of("good"))
    assert done.problem == ""
    return Path(done.location)


def loaded(model: Path) -> Any:
    from ic_tf_sdk.training.network.backbone import open_source

    return open_source(model).loaded


def values(backbone: Any) -> list[np.ndarray]:
    """Of all variables, the moving statistics among them."""
    return [variable.numpy() for variable in backbone.variables]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    """Bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def check_answers(spec: ModelSpec, model: Path, artifact: Any, folder: Path) -> None:
    """The container's answer is the softmax of the backbone's features times the kernel."""
    pixels = reference.noise(spec)
    features = reference.answered(artifact.backbone, reference.normalised(spec, pixels))
    assert features.shape == (1, spec.feature_vector_size)
    logits = features.astype(np.float64) @ artifact.kernel.numpy() + artifact.bias.numpy()
    [expected] = reference.softmax(logits)
    assert np.ptp(expected) > 0
    with servers.running(tensorflow_serving.app(model)) as rest:
        uri = f"{rest}/v1/models/model:predict"
        with servers.gunicorn(model, uri, "new", folder) as url:
            answer = servers.post(
                f"{url}/invocations",
                reference.png(pixels),
                Content_Type="application/x-image",
                Accept="application/json;verbose",
            )
    assert answer.status == 200
    assert answer.json()["labels"] == sorted(TINY_LABELS)
    np.testing.assert_allclose(answer.json()["probabilities"], expected, rtol=2e-3, atol=1e-6)
