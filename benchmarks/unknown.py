"""How well images of no class are told from a test channel's, by several scores.

    python -m benchmarks.unknown PHOTOS MODEL [MODEL ...] [--cache DIR] [--epochs 5]

PHOTOS and MODEL as of ``benchmarks.calibration``; the package's own loop trains the head. The
area under the ROC curve (1 is perfect, 0.5 a guess) of the photos of ``test/`` against drawn
pictures (``ic-tf sample-data``) and against textures (stripes, gradients, noise, rings), and with
one class left out in turn: of the others' test photos against all of that class. The last columns
are the shares of test photos that pass, and of drawn pictures and textures that are found, at the
limit that 95 % of the validation photos pass.

``served`` is what the package serves, with float16 features of at most 2 MB.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks import record
from benchmarks.calibration import Photos, head, photos
from ic_tf_sdk.sample_data import draw
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.results import unknown

Features = NDArray[np.float32]
Score = Callable[[Features], NDArray[Any]]

TEXTURES = 200
DRAWN_PER_CLASS = 40


def textures(folder: Path) -> None:
    """Write stripes, gradients, noise and rings of random colours, sizes and directions."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:240, :320].astype(np.float32)
    (folder / "texture").mkdir(parents=True)
    for number in range(TEXTURES):
        angle, period = rng.uniform(0, 2 * np.pi), rng.uniform(6, 60)
        along = x * np.cos(angle) + y * np.sin(angle)
        grain = int(rng.choice([1, 2, 4, 8, 16]))
        noise = np.kron(rng.random((240 // grain + 1, 320 // grain + 1)), np.ones((grain, grain)))
        patterns = (
            (np.sin(2 * np.pi * along / period) > 0).astype(np.float32),
            (along - along.min()) / np.ptp(along),
            noise[:240, :320],
            np.hypot(x - rng.uniform(0, 320), y - rng.uniform(0, 240)) / 400,
        )
        pattern = patterns[number % len(patterns)][..., None].clip(0, 1)
        dark, light = rng.integers(0, 256, (2, 3))
        pixels = (dark + (light - dark) * pattern).astype(np.uint8)
        content = tf.io.encode_png(pixels).numpy()
        (folder / "texture" / f"{number:03d}.png").write_bytes(content)


def nearest(known: Features) -> Score:
    """The cosine distance to the nearest training photo, less a constant."""
    length_one = known / np.linalg.norm(known, axis=1, keepdims=True)
    return lambda asked: (
        -((asked / np.linalg.norm(asked, axis=1, keepdims=True)) @ length_one.T).max(axis=1)
    )


def mahalanobis(known: Photos, *, length_one: bool) -> Score:
    """The least distance to a class's mean, with one covariance shrunk by a tenth."""

    def scaled(features: Features) -> NDArray[np.float64]:
        wide = features.astype(np.float64)
        return wide / np.linalg.norm(wide, axis=1, keepdims=True) if length_one else wide

    inputs = scaled(known.features)
    means = np.array([inputs[known.classes == one].mean(0) for one in np.unique(known.classes)])
    covariance = np.cov((inputs - means[known.classes]).T, bias=True)
    width = len(covariance)
    shrunk = 0.9 * covariance + 0.1 * np.trace(covariance) / width * np.eye(width)
    inverse = np.linalg.inv(shrunk)

    def score(asked: Features) -> NDArray[np.float64]:
        apart = [scaled(asked) - one for one in means]
        return np.min([((one @ inverse) * one).sum(axis=1) for one in apart], axis=0)

    return score


def scores(known: Photos, given: Hyperparameters) -> Iterator[tuple[str, Score, Photos]]:
    """Name, score and validation photos of each way, of one trained head."""
    model, training, held_out = head(known, given)

    def logits(features: Features) -> Features:
        return model(features).numpy()

    served, _ = unknown.fit(
        training.features, training.classes, held_out.features, logits(held_out.features), seed=0
    )
    ways: dict[str, Score] = {
        "maximum softmax": lambda asked: -tf.nn.softmax(logits(asked)).numpy().max(axis=1),
        "maximum logit": lambda asked: -logits(asked).max(axis=1),
        "Mahalanobis": mahalanobis(training, length_one=False),
        "Mahalanobis, length one": mahalanobis(training, length_one=True),
        "nearest neighbour": nearest(training.features),
        "served": lambda asked: served(asked, logits(asked)).numpy(),
    }
    for name, score in ways.items():
        yield name, score, held_out


def area(known: NDArray[Any], other: NDArray[Any]) -> float:
    """The area under the ROC curve of two sets of scores."""
    ranks = rankdata(np.concatenate([known, other]))[len(known) :]
    return float((ranks.sum() - len(other) * (len(other) + 1) / 2) / (len(other) * len(known)))


def measure(parts: dict[str, Photos], given: Hyperparameters) -> dict[str, list[float]]:
    """Name of each way -> areas for drawn pictures, textures and each class left out, shares."""
    rows: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    training, test = parts["training"], parts["test"]
    for name, score, held_out in scores(training, given):
        known, drawn, texture = (
            score(parts[part].features) for part in ("test", "drawn", "textures")
        )
        limit = np.quantile(score(held_out.features), unknown.PASSING, method="higher")
        rows[name] = [area(known, drawn), area(known, texture)]
        shares[name] = [(known <= limit).mean(), (drawn > limit).mean(), (texture > limit).mean()]
    for left_out in np.unique(training.classes):
        rest = training.part(np.flatnonzero(training.classes != left_out))
        rest = rest._replace(classes=rest.classes - (rest.classes > left_out))
        others = [part.features[part.classes == left_out] for part in (training, test)]
        for name, score, _ in scores(rest, given):
            known = score(test.features[test.classes != left_out])
            rows[name].append(area(known, score(np.concatenate(others))))
    return {name: [*row, *shares[name]] for name, row in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    record.option(parser)
    options = parser.parse_args()
    table = record.Table(
        "Prediction",
        "How well images of no class are told",
        *("", "drawn", "textures", "left out", "worst", "test photos that pass", "drawn found"),
        "textures found",
    )
    given = schema.parse({"epochs": options.epochs, "train_only_on_top": True})
    with tempfile.TemporaryDirectory() as scratch:
        other = Path(scratch)
        draw(directory=other / "drawn", images_per_class=DRAWN_PER_CLASS, seed=5)
        textures(other / "textures")
        folders = [options.photos / "training", options.photos / "test"]
        folders += [other / "drawn", other / "textures"]
        for model in options.models:
            parts = {one.name: photos(model, one, options.cache) for one in folders}
            for name, row in measure(parts, given).items():
                left_out = row[2:-3]
                figures = [*row[:2], mean(left_out), min(left_out), *row[-3:]]
                table.add(f"{Path(model).name}, {name}", *(f"{value:.3f}" for value in figures))
    record.keep(options, table)


if __name__ == "__main__":
    main()
