"""Train the classifier over the formula classes on the frozen backbone that ships, and pack it.

    python -m tools.embedded.classifier PICTURES HELD_OUT ic_tf_sdk/embedded
    python -m tools.embedded.classifier --repack ic_tf_sdk/embedded

PICTURES and HELD_OUT are folders of ``tools.embedded.pictures`` with the same seed and other
numbers and renderings. No photo is looked at. Prints the accuracy of the packed archive on
HELD_OUT.

``--repack`` trains nothing: it packs the head that ships anew, with the graph and the handler of
today around it. That is due when one of them has changed; a test compares the archive with today's.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from numpy.typing import NDArray

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content import inference_archive
from ic_tf_sdk.contract import archive
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.specs.archive_name import archive_name
from tools.embedded.formulas import formula_family
from tools.embedded.network import FEATURES, SIDE
from tools.embedded.pictures import open_pictures
from tools.embedded.scene import TASKS

__all__ = ["LABELS", "measure", "pack_classifier", "train_head"]

LABELS = tuple(f"{formula_family(index)} {index:03}" for index in range(TASKS["formula"]))
"""The family of a formula and its number, by class index."""

# More epochs only fitted the training pictures better.
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 10, 256, 3e-3, 0.3
_CHUNK = 250

Array = NDArray[np.float32]


def _features(backbone: Any, pixels: NDArray[np.uint8]) -> Array:
    """What the frozen backbone says of pictures: float32 ``[count, 672]``."""
    parts = [
        backbone(tf.cast(pixels[start : start + _CHUNK], tf.float32) / 255.0).numpy()
        for start in range(0, len(pixels), _CHUNK)
    ]
    return np.concatenate(parts)


def train_head(features: Array, formulas: NDArray[np.int64], *, seed: int) -> tuple[Array, Array]:
    """One linear layer, rounded to float16 values so that it packs to half the bytes.

    Args:
        features: float32 ``[count, 672]``.
        formulas: Class of each picture, ``[count]``.
        seed: Of the initial weights and the order.

    Returns:
        Kernel float32 ``[672, 240]`` and bias float32 ``[240]``.
    """
    tf_keras.utils.set_random_seed(seed)
    dense = tf_keras.layers.Dense(TASKS["formula"], input_shape=(FEATURES,))
    head = tf_keras.Sequential([dense])
    steps = max(1, EPOCHS * len(features) // BATCH)
    rate = tf_keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    head.compile(
        tf_keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY),
        tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    head.fit(features, formulas, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    kernel, bias = (weight.astype(np.float16).astype(np.float32) for weight in dense.get_weights())
    return kernel, bias


def _save(backbone: Any, head: tuple[Array, Array], folder: Path) -> None:
    """Save backbone and head as TF Hub's classifiers are: images in 0..1 to logits."""
    kernel, bias = (tf.Variable(weight, trainable=False) for weight in head)
    saved = tf.train.Checkpoint(backbone=backbone, kernel=kernel, bias=bias)
    images = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32, name="images")
    saved.__call__ = tf.function(
        lambda images: backbone(images, training=False) @ kernel + bias, input_signature=[images]
    )
    tf.saved_model.save(saved, str(folder))


def pack_classifier(*, pictures: Path, directory: Path, seed: int = 1) -> Path:
    """Train the head and write ``infer-<model id>.tar.gz``.

    Args:
        pictures: A folder of ``draw_pictures``.
        directory: Where to; an archive of that name is replaced.
        seed: Of the head.

    Returns:
        The archive.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        archive.extract(embedded.archive_path(embedded.MODEL_IDS[0]), folder / "backbone")
        backbone = tf.saved_model.load(str(folder / "backbone" / "1"))
        pixels, classes = open_pictures(pictures)
        formulas = classes[:, list(TASKS).index("formula")].astype(np.int64)
        head = train_head(_features(backbone, pixels), formulas, seed=seed)
        return _pack(backbone, head, directory, folder)


def _pack(backbone: Any, head: tuple[Array, Array], directory: Path, folder: Path) -> Path:
    spec = specs.get(embedded.MODEL_IDS[0])
    _save(backbone, head, folder / "1")
    target = directory / archive_name(spec, "inference")
    # It comes with each installation: 5.8 MB with the constants, 2.4 MB without.
    return inference_archive.build(
        spec, folder / "1", target, labels=LABELS, handle=None, folds=False
    )


def repack(directory: Path) -> Path:
    """Write ``infer-<model id>.tar.gz`` again, with the backbone and the head that ship.

    Args:
        directory: Where to; an archive of that name is replaced.

    Returns:
        The archive.
    """
    model_id = embedded.MODEL_IDS[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for scope in SCOPES:
            archive.extract(embedded.archive_path(model_id, scope), folder / scope)
        shipped = tf.train.load_checkpoint(str(folder / "inference/1/variables/variables"))
        kernel, bias = (
            shipped.get_tensor(f"classifier/{name}/.ATTRIBUTES/VARIABLE_VALUE")
            for name in ("kernel", "bias")
        )
        backbone = tf.saved_model.load(str(folder / "training" / "1"))
        return _pack(backbone, (kernel, bias), directory, folder)


def measure(packed: Path, pictures: Path) -> dict[str, float]:
    """Accuracy of a packed classifier, through its own signature, on pictures it has not seen.

    Returns:
        ``accuracy``, ``top_5_accuracy``, and ``family_accuracy``: how often the predicted label is
        of the right family.
    """
    classify = ServedModel(packed).folded()
    pixels, classes = open_pictures(pictures)
    formulas = classes[:, list(TASKS).index("formula")]
    found = np.concatenate(
        [
            classify(pixels[start : start + _CHUNK].astype(np.float32))["probabilities"]
            for start in range(0, len(pixels), _CHUNK)
        ]
    )
    best = np.argsort(-found, axis=1)
    families = np.array([formula_family(index) for index in range(TASKS["formula"])])
    return {
        "pictures": len(pixels),
        "accuracy": float((best[:, 0] == formulas).mean()),
        "top_5_accuracy": float((best[:, :5] == formulas[:, None]).any(1).mean()),
        "family_accuracy": float((families[best[:, 0]] == families[formulas]).mean()),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train, pack and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path, nargs="?")
    parser.add_argument("held_out", type=Path, nargs="?")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--repack", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    if options.repack:
        repack(options.directory)
        return
    path = pack_classifier(
        pictures=options.pictures, directory=options.directory, seed=options.seed
    )
    print(f"{path}: {path.stat().st_size / 2**20:.2f} MiB")
    print(json.dumps(measure(path, options.held_out)))


if __name__ == "__main__":
    main()
