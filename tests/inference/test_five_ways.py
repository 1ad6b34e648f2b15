"""One image, five ways: the model in training, the signature, the container, endpoint and batch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.container_answer import Form
from ic_tf_sdk.inference import batch, image_source
from ic_tf_sdk.inference.endpoint.app import Endpoint
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.training import environment, job, plan
from ic_tf_sdk.training.results import artifact, calibration
from tests.inference import tensorflow_serving
from tests.inference.servers import gunicorn, post, running, until_loaded
from tests.training.ugly_images import every

VERBOSE = "application/json;verbose"
FORMS = {
    VERBOSE: Form(verbose=True),
    f"{VERBOSE};calibrated=true": Form(verbose=True, calibrated=True),
    f"{VERBOSE};unknown=true": Form(verbose=True, unknown=True),
    f"{VERBOSE};calibrated=true;unknown=true": Form(verbose=True, calibrated=True, unknown=True),
}


def trained(folder: Path, training: Path, model: Path, **given: object) -> SimpleNamespace:
    """A job's artifact, and the function from an encoded image to probabilities in training."""
    seen: dict[str, Any] = {}
    variables = {
        "SM_CHANNEL_TRAINING": str(training),
        "SM_CHANNEL_MODEL": str(model),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    flags = [f"--checkpoint_dir={folder / 'checkpoints'}"]
    flags += [f"--{name}={value}" for name, value in given.items()]
    write = artifact.write

    def spy(folder: Path, classifier: Any, backbone: Any, **facts: Any) -> None:
        seen.update(classifier=classifier, preprocessing=backbone.preprocessing)
        write(folder, classifier, backbone, **facts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artifact, "write", spy)
        job.run(plan.make(environment.read(flags, variables)))

    # In a graph, as evaluation runs it.
    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def logits(image: Any) -> Any:
        pixels = seen["preprocessing"].load(image)[tf.newaxis]
        return seen["classifier"].model(seen["preprocessing"].normalise(pixels), training=False)

    info = model_info.read(folder / "model")
    fitted = info.fine_tuning.calibration
    binary_mode = info.fine_tuning.binary_mode

    def in_training(image: bytes, *, calibrated: bool = False) -> np.ndarray:
        every = calibration.probabilities(
            logits(tf.constant(image)).numpy(),
            temperature=fitted.temperature if calibrated else 1.0,
            binary_mode=binary_mode,
        )[0]
        return every[1:] if binary_mode else every

    return SimpleNamespace(folder=folder / "model", in_training=in_training)


@contextmanager
def served(model: Path, scratch: Path) -> Iterator[SimpleNamespace]:
    """The container's service and the local endpoint, both around one model."""
    with (
        running(tensorflow_serving.app(model)) as serving,
        gunicorn(model, f"{serving}/v1/models/model:predict", "new", scratch) as container,
        # Of the other graphs bytes may differ.
        running(Endpoint(model, graph="exact").app) as endpoint,
    ):
        until_loaded(endpoint)
        yield SimpleNamespace(container=container, endpoint=endpoint)


def compare(model: SimpleNamespace, images: list[Path], scratch: Path) -> int:
    """Assert that the ways agree on each image; how many of them all refuse.

    The servers' bytes are the same; batch is within 1e-6 of them, and the model in training, whose
    batch norms are not folded, within 1e-5 and of the same class. All of it is so for the network's
    own probabilities and for calibrated ones.
    """
    with served(model.folder, scratch) as urls:
        refused = {compare_form(model, images, urls, accept) for accept in FORMS}
    assert len(refused) == 1
    return refused.pop()


def compare_form(
    model: SimpleNamespace, images: list[Path], urls: SimpleNamespace, accept: str
) -> int:
    """As ``compare``, of one form of answers."""
    form = FORMS[accept]
    signature = tf.saved_model.load(str(model.folder / "1")).signatures[form.signature]
    in_training = partial(model.in_training, calibrated=form.calibrated)
    rows = list(
        batch.predict(
            ServedModel(model.folder),
            image_source.find([str(path) for path in images]),
            form,
        )
    )
    refused = 0
    for path, row in zip(images, rows, strict=True):
        data = path.read_bytes()
        answers = [
            post(f"{url}/invocations", data, Content_Type="image/png", Accept=accept)
            for url in (urls.container, urls.endpoint)
        ]
        # The same bytes over either server, be it an answer or a reason.
        assert answers[0].status == answers[1].status, path
        assert answers[0].json() == answers[1].json(), path
        if "error" in row:
            refused += 1
            assert answers[0].status == 400
            assert answers[0].json()["description"] == row["error"]
            if data:
                for way in (
                    in_training,
                    lambda x: signature(image_bytes=tf.constant([x])),
                ):
                    with pytest.raises(tf.errors.OpError):
                        way(data)
            continue
        assert answers[0].body == answers[1].body, path
        outputs = signature(image_bytes=tf.constant([data]))
        found = outputs["probabilities"][0].numpy()
        if form.unknown:
            answer = json.loads(answers[0].body)
            score = outputs["unknown_score"][0].numpy()
            assert answer["unknown_score"] == float(str(score))
            assert answer["unknown"] == bool(outputs["unknown"][0].numpy()) == (score > 0)
            # In standard deviations, of which one may be a thousandth.
            assert row["unknown_score"] == pytest.approx(float(score), abs=1e-3)
        assert json.loads(answers[0].body)["probabilities"] == [
            float(str(value)) for value in found
        ]
        np.testing.assert_allclose(row["probabilities"], found, atol=1e-6, rtol=0)
        # Which runs with its variables: sums are rounded elsewhere.
        np.testing.assert_allclose(in_training(data), found, atol=1e-5, rtol=0)
        assert np.argmax(in_training(data)) == np.argmax(found), path
    return refused


def test_five_ways_agree_on_drawn_and_on_ugly_images(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, photos: list[Path], tmp_path: Path
) -> None:
    model = trained(
        tmp_path, tiny_dataset.training, tiny_archive,
        train_only_on_top="True", epochs=10, learning_rate=0.1,
    )  # fmt: skip
    (tmp_path / "ugly").mkdir()
    ugly = []
    for number, image in enumerate(every()):
        path = tmp_path / "ugly" / f"{number}.png"
        path.write_bytes(image.content)
        ugly.append((path, image))
    refused = compare(model, [*photos, *(path for path, _ in ugly)], tmp_path)
    assert refused == sum(image.reason is not None for _, image in ugly) > 10


@pytest.mark.slow
def test_five_ways_agree_in_binary_mode(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, photos: list[Path], tmp_path: Path
) -> None:
    for label in ("dots", "stripes"):
        (tmp_path / "images").mkdir(exist_ok=True)
        (tmp_path / "images" / label).symlink_to(tiny_dataset.training / label)
    model = trained(
        tmp_path, tmp_path / "images", tiny_archive,
        train_only_on_top="True", epochs=3, learning_rate=0.1, binary_mode="True",
    )  # fmt: skip
    assert compare(model, photos, tmp_path) == 0


@pytest.mark.slow
@pytest.mark.shared
def test_five_ways_agree_on_the_200_test_photos(shared: Path, tmp_path: Path) -> None:
    model = trained(
        tmp_path, shared / "flowers" / "training",
        shared / "weights" / "mobilenet_v2_100_224" / "feature_vector",
        train_only_on_top="True", epochs=2,
    )  # fmt: skip
    photos = sorted((shared / "flowers" / "test").rglob("*.jpg"))
    assert len(photos) == 200
    assert compare(model, photos, tmp_path) == 0
