"""What ``preset`` best makes of a frozen backbone, beside the five epochs of the defaults.

The rows of a table, for any folder of photos.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.presets PHOTOS [--model MODEL] [--folds 5]

PHOTOS holds ``training/`` and ``test/``, each a folder of class folders; without ``test/`` the
folds alone are measured. MODEL is a model id whose weights are at hand, an archive, or a SavedModel
folder with ``--model-id``. Every figure is of an ordinary local job in this process, which holds
out a fifth of its own training images. The two recipes take turns, so that both meet the same
machine; each job passes all its images through the backbone anew. The variable is what the entry
point of a job sets before numpy is loaded. ``--seeds`` is 5 by default, and spread the standard
deviation over them; of the folds each seed has the accuracy on all photos of ``training/``, a fifth
at a time.
"""

import argparse
import logging
import shutil
import tempfile
from pathlib import Path
from statistics import mean, median, stdev
from typing import NamedTuple

import numpy as np
import tf_keras

from ic_tf_sdk.launch.local.default_model import PREFERRED
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.training import environment, job, plan

RECIPES = {
    "five epochs": {"train_only_on_top": True, "epochs": 5},
    "best": {"train_only_on_top": True, "preset": "best"},
}


class Result(NamedTuple):
    """Of one job: the accuracy on its test channel, and its log's training time in seconds."""

    accuracy: float
    seconds: float


class Durations(logging.Handler):
    """Keeps the time that each job's log gives for its training."""

    LINE = "- Total training duration: "

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Read a line of the log."""
        text = record.getMessage()
        if text.startswith(self.LINE):
            self.seconds.append(float(text.removeprefix(self.LINE)))


def run(options: argparse.Namespace, recipe: dict, seed: int, training: Path, test: Path) -> Result:
    asked = request(
        model=options.model,
        model_id=options.model_id,
        training=training,
        test=test,
        hyperparameters={**recipe, "random_seed": seed},
    )
    durations = Durations()
    logger = logging.getLogger("ic_tf_sdk")
    logger.addHandler(durations)
    logger.setLevel("INFO")
    try:
        with tempfile.TemporaryDirectory() as folder:
            names = ("model_dir", "output_data_dir", "checkpoint_dir")
            flags = {name: Path(folder) / name for name in names}
            flags |= {**asked.channels, "model": asked.model.path, **asked.hyperparameters}
            words = [f"--{name}={value}" for name, value in flags.items()]
            record = job.run(plan.make(environment.read(words, {})))
    finally:
        logger.removeHandler(durations)
        tf_keras.backend.clear_session()
    return Result(record.test["accuracy"], durations.seconds[-1])


def fold_channels(photos: Path, seed: int, folds: int, scratch: Path) -> list[tuple[Path, Path]]:
    """For each fold the rest to train on and the fold to test on, as copies."""
    rng = np.random.default_rng(seed)
    folders = [scratch / str(fold) for fold in range(folds)]
    places = [(folder / "training", folder / "test") for folder in folders]
    for label in sorted(path for path in photos.iterdir() if path.is_dir()):
        files = sorted(label.iterdir())
        held_out = rng.permutation(len(files)) % folds
        for fold, (rest, tested) in enumerate(places):
            for number, file in enumerate(files):
                channel = tested if held_out[number] == fold else rest
                (channel / label.name).mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, channel / label.name / file.name)
    return places


def measured(options: argparse.Namespace, seed: int) -> dict[str, tuple[Result | None, float]]:
    """Recipe -> the job on all training photos, tested on ``test/``, and the folds' accuracy."""
    training, test = options.photos / "training", options.photos / "test"
    tests: dict[str, Result | None] = dict.fromkeys(RECIPES)
    folds: dict[str, list[float]] = {name: [] for name in RECIPES}
    with tempfile.TemporaryDirectory() as scratch:
        if test.is_dir():
            tests |= {
                n: run(options, recipe, seed, training, test) for n, recipe in RECIPES.items()
            }
        if options.folds > 1:
            for rest, tested in fold_channels(training, seed, options.folds, Path(scratch)):
                for name, recipe in RECIPES.items():
                    folds[name].append(run(options, recipe, seed, rest, tested).accuracy)
    return {name: (tests[name], mean(folds[name] or [float("nan")])) for name in RECIPES}


def spread(values: list[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values) if len(values) > 1 else float('nan'):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=PREFERRED)
    parser.add_argument("--model-id")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5, help="0 leaves them out")
    options = parser.parse_args()
    found = [measured(options, seed) for seed in range(1, options.seeds + 1)]
    print(f"| {options.model} | folds of training/ | test/ | each seed | training time, median |")
    print("|---|---|---|---|---|")
    for name in RECIPES:
        tests = [tested for tested, _ in (one[name] for one in found) if tested]
        accuracies = [tested.accuracy for tested in tests]
        figures = [spread([folds for _, folds in (one[name] for one in found)])]
        figures.append(spread(accuracies) if tests else "")
        figures.append(" ".join(f"{value:.3f}" for value in accuracies))
        figures.append(f"{median(tested.seconds for tested in tests):.1f} s" if tests else "")
        print(f"| {name} | {' | '.join(figures)} |", flush=True)


if __name__ == "__main__":
    main()
