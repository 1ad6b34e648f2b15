"""What a head trained to convergence makes of the features of EfficientNet-Lite0, 1 and 2.

Its lines of ``docs/measurements/embedded-backbone.md``.

    python -m benchmarks.converged_head PHOTOS [--seeds 5]

PHOTOS holds ``training/`` and ``test/``, each a folder of class folders. The head is logistic
regression with an L2 penalty on standardised features; the penalty is the one of the best five-fold
accuracy on ``training/``. Each seed shuffles the folds anew; ``test/`` only measures.
"""

import argparse
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

from benchmarks import record
from ic_tf_sdk.backbones import imagenet, weights_packages
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

Array = NDArray[np.float64]

FOLDS = 5
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Times half the sum of squared weights, beside the mean loss of a photo."""


def features(model_id: str, photos: Path) -> tuple[Array, NDArray[np.int64]]:
    """Float64 ``[photos, features]`` and the class indices, classes in alphabetical order."""
    folder = imagenet.converted(model_id, "training")
    info = model_info.read(folder)
    assert info is not None
    before = Preprocessing(info.input_height, info.input_width, "bilinear", info.pixel_range)
    network = tf.function(tf.saved_model.load(str(folder / "1")), autograph=False)
    found, targets = [], []
    for index, label in enumerate(sorted(path for path in photos.iterdir() if path.is_dir())):
        for photo in sorted(label.iterdir()):
            pixels = before.load(tf.constant(photo.read_bytes()))[None]
            found.append(network(before.normalise(pixels)).numpy()[0])
            targets.append(index)
    return np.array(found, np.float64), np.array(targets)


def head(inputs: Array, targets: NDArray[np.int64], penalty: float) -> Array:
    """Weights ``[features + 1, classes]`` at the minimum of the penalised mean loss."""
    wanted = np.eye(targets.max() + 1)[targets]
    with_bias = np.hstack([inputs, np.ones((len(inputs), 1))])
    shape = (with_bias.shape[1], wanted.shape[1])

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(shape)
        scores = log_softmax(with_bias @ weights, axis=1)
        slope = with_bias.T @ (np.exp(scores) - wanted) / len(wanted)
        slope[:-1] += penalty * weights[:-1]
        value = -(wanted * scores).sum() / len(wanted) + penalty / 2 * (weights[:-1] ** 2).sum()
        return value, slope.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B")
    assert found.success, found.message
    weights: Array = found.x.reshape(shape)
    return weights


def accuracy(
    known: tuple[Array, NDArray[np.int64]], asked: tuple[Array, NDArray[np.int64]], penalty: float
) -> float:
    """The share of ``asked`` that a head trained on ``known`` names rightly."""
    centre, scale = known[0].mean(axis=0), known[0].std(axis=0) + 1e-6
    weights = head((known[0] - centre) / scale, known[1], penalty)
    scores = ((asked[0] - centre) / scale) @ weights[:-1] + weights[-1]
    return float((scores.argmax(axis=1) == asked[1]).mean())


def in_folds(inputs: Array, targets: NDArray[np.int64], penalty: float, seed: int) -> float:
    """The accuracy on photos that the head did not see, all of them in turn."""
    fold = np.random.default_rng(seed).permutation(len(targets)) % FOLDS
    parts = [(fold != held_out, fold == held_out) for held_out in range(FOLDS)]
    return mean(
        accuracy((inputs[known], targets[known]), (inputs[asked], targets[asked]), penalty)
        for known, asked in parts
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    record.option(parser)
    options = parser.parse_args()
    table = record.Table(
        "Training",
        "Accuracy of a converged head",
        *("", "five folds of training/", "test/", "each seed"),
    )
    for model_id, package in weights_packages.PACKAGES.items():
        training = features(model_id, options.photos / "training")
        test = features(model_id, options.photos / "test")
        folds, tests = [], []
        for seed in range(1, options.seeds + 1):
            tried = {penalty: in_folds(*training, penalty, seed) for penalty in PENALTIES}
            chosen = max(tried, key=lambda penalty: tried[penalty])
            folds.append(tried[chosen])
            tests.append(accuracy(training, test, chosen))
        figures = (f"{mean(some):.3f} ± {stdev(some):.3f}" for some in (folds, tests))
        each = " ".join(f"{value:.3f}" for value in tests)
        table.add(f"{package.network}, converged head", *figures, each)
    record.keep(options, table)


if __name__ == "__main__":
    main()
