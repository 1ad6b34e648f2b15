"""Measure features on real photos: a linear layer on the frozen network, by cross-validation.

    python -m tools.embedded.probe RUN/backbone.weights.h5 FOLDER_OF_CLASS_FOLDERS

Used to choose between recipes, on the training photos only.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from numpy.typing import NDArray

from tools.embedded.network import SIDE, build_backbone

__all__ = ["fit_head", "probe", "read_photos"]

Array = NDArray[np.float32]

FOLDS = 5
# The catalogue's defaults, with the five epochs that the reference figures were taken at.
EPOCHS, BATCH, LEARNING_RATE, DROPOUT, SMOOTHING, L2 = 5, 32, 1e-3, 0.2, 0.1, 1e-4


def read_photos(folder: Path, *, side: int = SIDE) -> tuple[Array, NDArray[np.int64]]:
    """Photos of class folders, resized without keeping their shape.

    Returns:
        float32 ``[photos, side, side, 3]`` in 0..1, and the class indices in alphabetical order.
    """
    images, targets = [], []
    for index, label in enumerate(sorted(path.name for path in folder.iterdir() if path.is_dir())):
        for path in sorted((folder / label).iterdir()):
            image = tf.io.decode_image(path.read_bytes(), channels=3, expand_animations=False)
            images.append(tf.image.resize(image, [side, side]).numpy() / 255)
            targets.append(index)
    return np.stack(images).astype(np.float32), np.array(targets)


def fit_head(features: Array, targets: NDArray[np.int64], *, seed: int) -> tf_keras.Model:
    """Train dropout and a linear layer with the catalogue's default hyperparameters."""
    tf_keras.utils.set_random_seed(seed)
    classes = int(targets.max()) + 1
    head = tf_keras.Sequential(
        [
            tf_keras.layers.Dropout(DROPOUT),
            tf_keras.layers.Dense(classes, kernel_regularizer=tf_keras.regularizers.L2(L2)),
        ]
    )
    loss = tf_keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    head.compile(tf_keras.optimizers.Adam(LEARNING_RATE), loss, ["accuracy"])
    head.fit(features, np.eye(classes)[targets], batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return head


def probe(
    features: Array, targets: NDArray[np.int64], *, folds: int = FOLDS
) -> NDArray[np.float64]:
    """Accuracy of each fold, with a head trained on the other folds: float64 ``[folds]``."""
    fold = np.random.default_rng(0).permutation(len(targets)) % folds
    scores = []
    for held_out in range(folds):
        train, test = fold != held_out, fold == held_out
        head = fit_head(features[train], targets[train], seed=held_out)
        guesses = head.predict(features[test], verbose=0).argmax(-1)
        scores.append((guesses == targets[test]).mean())
    return np.array(scores)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print the mean accuracy and its spread over the folds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("photos", type=Path)
    options = parser.parse_args(arguments)
    backbone = build_backbone()
    backbone.load_weights(options.weights)
    images, targets = read_photos(options.photos)
    scores = probe(backbone.predict(images, batch_size=64, verbose=0), targets)
    print(f"accuracy {scores.mean():.3f} +- {scores.std():.3f} over {FOLDS} folds")


if __name__ == "__main__":
    main()
