"""What ``preset`` best makes of a backbone, beside five epochs of the defaults.

The rows of a table, for any folder of photos.

    python -m benchmarks.presets PHOTOS [--whole] [--keras] [--fastai PYTHON]
        [--autogluon PYTHON] [--model MODEL]
    python -m benchmarks.presets --second digits [--whole] …

PHOTOS holds ``training/`` and ``test/``, each a folder of class folders; without ``test/`` the
folds alone are measured. MODEL is a model id whose weights are at hand, an archive, or a SavedModel
folder with ``--model-id``. The backbone stays frozen, or with ``--whole`` is trained. ``--second``
writes pictures of another kind (``benchmarks.second_set``) and takes these.

Every figure is of an ordinary ``ic-tf fit`` in processes of its own, which holds out a fifth of its
training images and knows no features of an earlier one. The recipes take turns, so that all meet
the same machine. ``--keras`` adds a training after Keras's guide (``benchmarks.keras_guide``) that
may use as much processor time as ``best`` has just used, ``--fastai`` one after fastai's
documentation (``benchmarks.fastai_guide``), ``--autogluon`` one after AutoGluon's
(``benchmarks.autogluon_guide``), for a MODEL of the extra ``imagenet``. PYTHON is the interpreter
of an environment of its own, which the modules say how to make. All of them train the whole
network, with or without ``--whole``.

``--seeds`` are 1 to 5 by default, and spread is the standard deviation over them; of the folds each
seed has the accuracy on all photos of ``training/``, a fifth at a time. Processor time is that of
user and system, of all processes of a training, and its ratio that of the medians. Each training's
figures go to the standard error.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median, stdev

import numpy as np

from benchmarks import second_set
from benchmarks.fitted import Fitted, fitted, used_by
from ic_tf_sdk.backbones.weights_packages import PACKAGES
from ic_tf_sdk.launch.local.default_model import PREFERRED
from ic_tf_sdk.launch.local.model_source import locate

DEFAULTS, BEST, KERAS = "five epochs", "best", "Keras's guide"
FASTAI, AUTOGLUON = "fastai", "AutoGluon"


def recipes(options: argparse.Namespace) -> dict[str, dict[str, object]]:
    top = {"train_only_on_top": not options.whole}
    return {DEFAULTS: {**top, "epochs": 5}, BEST: {**top, "preset": "best"}}


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


def trainings(
    options: argparse.Namespace, seed: int, training: Path, test: Path
) -> Iterator[tuple[str, Fitted]]:
    """Each recipe's name and what came of it, in turn."""
    model = ["-m", options.model]
    model += ["--model-id", options.model_id] if options.model_id else []
    processor = 0.0
    for name, recipe in recipes(options).items():
        found = fitted(training, test, model, {**recipe, "random_seed": seed})
        processor = found.processor
        yield name, found
    for name, (python, guide, start) in guides(options).items():
        words = [training, test, start, seed, processor]
        said, used, wall = used_by([python, "-m", f"benchmarks.{guide}", *map(str, words)])
        yield name, Fitted(float(said.split()[-1]), float("nan"), used, wall)


def guides(options: argparse.Namespace) -> dict[str, tuple[str, str, Path | None]]:
    """Each peer's interpreter, its module, and the model that it starts from."""
    found: dict[str, tuple[str, str, Path | None]] = {}
    if options.keras:
        path = locate(options.model, model_id=options.model_id).path
        found[KERAS] = (sys.executable, "keras_guide", path)
    if options.fastai:
        found[FASTAI] = (options.fastai, "fastai_guide", checkpoint(options.model))
    if options.autogluon:
        found[AUTOGLUON] = (options.autogluon, "autogluon_guide", checkpoint(options.model))
    return found


def checkpoint(model: str) -> Path | None:
    """A model's weights for PyTorch; None where no package has them."""
    return PACKAGES[model].checkpoint() if model in PACKAGES else None


class Table:
    """The figures of all recipes, a training at a time."""

    def __init__(self) -> None:
        self.tests: dict[str, list[Fitted]] = {}
        self.folds: dict[str, list[float]] = {}

    def measure(self, options: argparse.Namespace, seed: int) -> None:
        """All recipes with one seed: on all training photos, and on the folds."""
        training, test = options.photos / "training", options.photos / "test"
        if test.is_dir():
            for name, found in trainings(options, seed, training, test):
                print(f"seed {seed}, {name}: {found}", file=sys.stderr, flush=True)
                self.tests.setdefault(name, []).append(found)
        found_by: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as scratch:
            if options.folds > 1:
                for rest, tested in fold_channels(training, seed, options.folds, Path(scratch)):
                    for name, found in trainings(options, seed, rest, tested):
                        found_by.setdefault(name, []).append(found.accuracy)
        for name, values in found_by.items():
            self.folds.setdefault(name, []).append(mean(values))

    def print(self, title: str) -> None:
        """One row for each recipe."""
        print(
            f"| {title} | folds of training/ | test/ | each seed | training, median | processor, "
            "median | of five epochs |"
        )
        print("|---|---|---|---|---|---|---|")
        base = self._median(DEFAULTS, "processor")
        for name in self.tests or self.folds:
            tests = [found.accuracy for found in self.tests.get(name, [])]
            used = self._median(name, "processor")
            row = [name, spread(self.folds.get(name, [])), spread(tests)]
            row += [" ".join(f"{value:.3f}" for value in tests)]
            row += [f"{self._median(name, 'training'):.1f} s", f"{used:.0f} s"]
            print(f"| {' | '.join([*row, f'{used / base:.2f}'])} |", flush=True)

    def _median(self, name: str, figure: str) -> float:
        found = [getattr(one, figure) for one in self.tests.get(name, [])]
        return median(found) if found else float("nan")


def spread(values: list[float]) -> str:
    """Mean and standard deviation, as far as there are any."""
    if not values:
        return ""
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--second", choices=second_set.KINDS, help="instead of photos")
    parser.add_argument("--whole", action="store_true", help="train the backbone, too")
    parser.add_argument("--keras", action="store_true", help="a training after Keras's guide, too")
    parser.add_argument("--fastai", metavar="PYTHON", help="one after fastai's documentation, too")
    parser.add_argument("--autogluon", metavar="PYTHON", help="one after AutoGluon's, too")
    parser.add_argument("--model", default=PREFERRED)
    parser.add_argument("--model-id")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5])
    parser.add_argument("--folds", type=int, default=5, help="0 leaves them out")
    options = parser.parse_args()
    if (options.photos is None) is (options.second is None):
        parser.error("give either a folder of photos or --second")
    if (options.fastai or options.autogluon) and checkpoint(options.model) is None:
        ids = ", ".join(PACKAGES)
        parser.error(f"PyTorch needs weights of the extra `imagenet`: --model one of {ids}")
    with tempfile.TemporaryDirectory() as scratch:
        if options.second:
            options.photos = second_set.write(options.second, Path(scratch, options.second))
        table = Table()
        for seed in options.seeds:
            table.measure(options, seed)
        table.print(f"{options.model}, {'whole' if options.whole else 'frozen'}")


if __name__ == "__main__":
    main()
