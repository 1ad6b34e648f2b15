"""What the settings of the memory allocator are worth to a training.

    python -m benchmarks.allocator PHOTOS [--model MODEL] [--whole] [--images 300] [--epochs 2]
        [--rounds 5] [--before TREE] [--only default settings]

PHOTOS is a folder of class folders. Each round trains once as glibc is by default
(``IC_TF_SDK_ALLOCATOR=off``), once with this package's settings, and with and without them with
large pages, all in turns; with ``--before`` also by another checkout of the repository, as it is
there.
The medians of the whole process, each with its ratio to the first row's; of a whole network
("--whole") also of its last epoch alone, taken between two lines of the job's log: start, import
and tracing are not in it.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import backbone, processes, record, rows
from benchmarks.processes import Ended, Used
from ic_tf_sdk.contract import memory_allocator, metric_lines

# Of glibc 2.35 and later, where the kernel lets a process ask.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
_CHOSEN = ("MALLOC_", "GLIBC_", "LD_PRELOAD", "SM_", memory_allocator.SWITCH)


class Way(NamedTuple):
    """What is added to the environment of a job, and the checkout that trains."""

    variables: dict[str, str]
    tree: Path = record.ROOT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    backbone.option(parser)
    parser.add_argument("--whole", action="store_true", help="Train the whole network.")
    parser.add_argument("--images", type=int, help="Take the first so many, of each class alike.")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path, help="Another checkout, trained with in turn.")
    rows.option(parser)
    record.option(parser)
    given = parser.parse_args()
    every = ways(given.before)
    chosen = {name: every[name] for name in rows.chosen(every, given.only)}
    found: dict[str, list[Ended]] = {name: [] for name in chosen}
    with tempfile.TemporaryDirectory() as scratch:
        given.model = backbone.channel(given, Path(scratch, "model"))
        if given.images:
            given.photos = first(given.photos, given.images, Path(scratch, "photos"))
        for number in range(given.rounds):
            for name, way in chosen.items():
                folder = Path(scratch, "job")
                found[name].append(train(given, folder, way))
                shutil.rmtree(folder)
            print(f"round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)
        report(given, found)


def ways(before: Path | None) -> dict[str, Way]:
    """Each row of the tables; the first is what the others are compared with."""
    added = memory_allocator.variables({})
    if not added:
        raise SystemExit("This system is not glibc's: there is nothing to set.")
    default = {memory_allocator.SWITCH: memory_allocator.OFF}
    earlier = {f"before ({record.commit(before)})": Way({}, before.resolve())} if before else {}
    return earlier | {
        "default": Way(default),
        "settings": Way(added),
        "large pages": Way(default | LARGE_PAGES),
        "both, settings and large pages": Way(added | LARGE_PAGES),
    }


def first(photos: Path, count: int, folder: Path) -> Path:
    """The first images of each class, in all ``count``, as links."""
    labels = sorted(path for path in photos.iterdir() if path.is_dir())
    for label in labels:
        (folder / label.name).mkdir(parents=True)
        for image in sorted(label.iterdir())[: count // len(labels)]:
            (folder / label.name / image.name).symlink_to(image.resolve())
    return folder


def train(given: argparse.Namespace, folder: Path, way: Way) -> Ended:
    """One job."""
    environment = {n: value for n, value in os.environ.items() if not n.startswith(_CHOSEN)}
    environment |= {
        "PYTHONPATH": str(way.tree),
        "SM_CHANNEL_TRAINING": str(given.photos.resolve()),
        "SM_CHANNEL_MODEL": str(given.model.resolve()),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    command = [
        *(sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"),
        f"--checkpoint_dir={folder / 'checkpoints'}",
        f"--epochs={given.epochs}",
        f"--train_only_on_top={not given.whole}",
    ]
    return processes.run(
        command,
        environment | way.variables,
        marks=lambda line: metric_lines.read_epoch(line) is not None,
        folder=way.tree,
    )


def report(given: argparse.Namespace, found: dict[str, list[Ended]]) -> None:
    """Print the medians, and the ratio of each to the first's."""
    count = sum(1 for path in given.photos.glob("*/*") if path.is_file())
    what = "the whole network" if given.whole else "the classification layer"
    title = f"Memory allocator: {backbone.name(given.model)}, {what}, {count:,} images"
    whole = record.Table(
        "Training",
        title,
        *("", "wall s", "user s", "system s", "page faults", "peak MB"),
        about=f"The whole process of a job of {given.epochs} epochs, a fifth of the images held "
        f"out; medians of {given.rounds}, in turns. In brackets the ratio to the first row.",
    )
    _rows(whole, {name: [one.whole for one in runs] for name, runs in found.items()})
    tables = [whole]
    if given.whole and given.epochs > 1:
        epoch = record.Table(
            "Training",
            f"{title}: its last epoch",
            *("", "wall s", "user s", "system s", "page faults", "images/s"),
            about="The same jobs between two lines of their log. images/s counts the images that "
            "are trained on; the validation of the others is in the time.",
        )
        steady = {
            name: [one.marks[-1].since(one.marks[-2]) for one in runs]
            for name, runs in found.items()
        }
        _rows(epoch, steady, trained=count - int(0.2 * count))
        tables.append(epoch)
    record.keep(given, *tables)


def _rows(table: record.Table, found: dict[str, list[Used]], *, trained: int | None = None) -> None:
    base: list[float] = []
    for name, runs in found.items():
        row = [median(one) for one in zip(*runs, strict=True)]
        if trained is not None:
            row[-1] = trained / row[0]
        base = base or row
        ratios = (value / first if first else 0.0 for value, first in zip(row, base, strict=True))
        cells = zip(row, ratios, strict=True)
        table.add(name, *(f"{record.shortly(value)} ({ratio:.2f})" for value, ratio in cells))


if __name__ == "__main__":
    main()
