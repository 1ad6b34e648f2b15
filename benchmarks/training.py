"""Training measured against the loops that people run today.

    python -m benchmarks.training frozen --images 300 1000 --epochs 5 10
    python -m benchmarks.training full --images 240 --epochs 3
    python -m benchmarks.training augmented --images 100 --pixels 4000 3000

Peers run in the same session, interleaved, each as its own process; the table shows medians of
``--runs`` runs and ratios to ours. "Keras" is what notebooks do today:
``ImageDataGenerator.flow_from_directory``, ``hub.KerasLayer``, ``fit``. ``--before TREE`` runs
another checkout of the repository, too. ``--torch-python`` names the interpreter of an environment
of its own, made by ``python -m venv FOLDER && FOLDER/bin/pip install timm pillow``, which brings
PyTorch; without it PyTorch is left out. The photos are those of
``--photos``, a folder of class folders, else of the reference folder (``IC_TF_SDK_SHARED``, default
../shared), else drawn pictures; the backbone is the reference folder's MobileNetV2 1.0, else the
embedded one, which has no peers.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from benchmarks import backbone, record, rows
from ic_tf_sdk.contract import memory_allocator

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("IC_TF_SDK_SHARED", ROOT.parent / "shared"))
VALIDATION = 0.2
# Not by its path: beside it lie modules called as some of Python's own, as "select".
RUN = "import runpy, sys; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"


class Peer(NamedTuple):
    """A loop of ``training_peers``, who runs it, and what is added to its environment."""

    loop: str
    python: str = sys.executable
    tree: Path = ROOT
    variables: Mapping[str, str] = MappingProxyType({})


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=TITLES)
    parser.add_argument("--photos", type=Path, help="A folder of class folders.")
    parser.add_argument("--images", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--epochs", type=int, nargs="+", default=[5])
    parser.add_argument("--pixels", type=int, nargs=2, help="enlarge the photos to this size")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--torch-python")
    parser.add_argument("--before", type=Path, help="Another checkout, which trains in turn.")
    rows.option(parser)
    backbone.option(parser)
    record.option(parser)
    given = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    record.keep(given, *compare(given))
    print(f"load after: {os.getloadavg()[0]:.1f}")


def peers(given: argparse.Namespace) -> dict[str, Peer]:
    """Name of each row -> who trains."""
    # The entry point starts itself anew with them, which a function of it cannot.
    settings = memory_allocator.variables({})
    off = {memory_allocator.SWITCH: memory_allocator.OFF}
    found = {"here": Peer(f"ours-{given.what}", variables=settings)}
    if given.before:
        tree = given.before.resolve()
        found[f"before ({record.commit(tree)})"] = Peer(f"ours-{given.what}", tree=tree)
    found["Keras `fit`"] = Peer(f"keras-{given.what}")
    if given.what == "full":
        found["here, glibc as it is"] = Peer("ours-full", variables=off)
        found["Keras `fit`, our allocator settings"] = Peer("keras-full", variables=settings)
    if given.torch_python and given.what != "augmented":
        found["PyTorch"] = Peer(f"torch-{given.what}", given.torch_python)
    if given.torch_python and given.what == "full":
        found["PyTorch, our allocator settings"] = Peer(
            "torch-full", given.torch_python, variables=settings
        )
        found["PyTorch, bfloat16"] = Peer("torch-full-bfloat16", given.torch_python)
    return {name: found[name] for name in rows.chosen(found, given.only)}


def compare(given: argparse.Namespace) -> list[record.Table]:
    """Whole trainings of this package and of its peers."""
    tables = []
    for images in given.images:
        with tempfile.TemporaryDirectory() as scratch:
            folder = photos(Path(scratch) / "photos", images, given.photos)
            enlarge(folder, given.pixels)
            module = backbone.channel(given, Path(scratch) / "model")
            count = sum(1 for path in folder.glob("*/*"))
            for epochs in given.epochs:
                found: dict[str, list[Any]] = {name: [] for name in peers(given)}
                for number in range(given.runs):
                    for name, peer in peers(given).items():
                        found[name].append(run(peer, folder, module, epochs))
                    print(f"round {number + 1} of {given.runs} done", file=sys.stderr, flush=True)
                title = f"{TITLES[given.what]}, {count:,} images, {epochs} epochs"
                tables.append(report(f"{backbone.name(module)}: {title}", found, count))
    return tables


def photos(folder: Path, count: int, given: Path | None = None) -> Path:
    """The first photos of each class, in all ``count``; drawn ones where there are none."""
    place = given or SHARED / "flowers" / "training"
    if not place.is_dir():
        from ic_tf_sdk.sample_data import draw

        draw(directory=folder, images_per_class=count // 5)
        return folder
    classes = sorted(path for path in place.iterdir() if path.is_dir())
    for source in classes:
        (folder / source.name).mkdir(parents=True)
        files = sorted(source.iterdir())
        for number in range(count // len(classes)):
            # More than there are: the same photo again under another name.
            path, again = files[number % len(files)], number // len(files)
            target = folder / source.name / f"{again}-{path.name}"
            if again:
                os.link(folder / source.name / f"0-{path.name}", target)
            else:
                shutil.copyfile(path, target)
    return folder


def enlarge(folder: Path, size: list[int] | None) -> None:
    """Photos as large as a camera's, where their size is given."""
    from PIL import Image

    for path in folder.rglob("*.jpg") if size else ():
        with Image.open(path) as image:
            image.resize(tuple(size or ())).save(path, quality=90)


def run(peer: Peer, folder: Path, module: Path, epochs: int) -> Any:
    """One peer's process: what it printed last, and its seconds from its start to its end."""
    # The peers know a bare SavedModel only.
    source = module if peer.loop.startswith("ours") else module / "1"
    script = Path(__file__).with_name("training_peers.py")
    command = [peer.python, "-c", RUN, str(script)]
    command += [peer.loop, str(folder), str(source), str(epochs)]
    environment = {**os.environ, "PYTHONPATH": str(peer.tree), "TF_CPP_MIN_LOG_LEVEL": "3"}
    # Modules are compiled once, as where Python is set up as it usually is.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    done = subprocess.run(
        command,
        env={**environment, **peer.variables},
        cwd=peer.tree,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    return {**json.loads(done.stdout.splitlines()[-1]), "process": seconds}


def report(title: str, found: dict[str, list[Any]], images: int) -> record.Table:
    """A table of medians and of ratios to the first."""
    table = record.Table(
        "Training",
        title,
        *("", "training s", "process s", "a later epoch s", "images/s in it", "peak GiB"),
        about="Medians, in turns, each a process of its own; in brackets the ratio to the first "
        "row. A fifth of the images is held out: images/s counts the others, and the validation "
        "is in the time. A later epoch is any but the first. A process is timed from its start "
        "until it has gone.",
    )
    trained = images - int(VALIDATION * images)
    first: dict[str, float] = {}
    for name, runs in found.items():
        later = [statistics.median(one["epochs"]) for one in runs if one.get("epochs")]
        middle = {
            key: statistics.median(one[key] for one in runs)
            for key in ("training", "process", "peak_gib")
        }
        middle |= {"epoch": statistics.median(later)} if later else {}
        first = first or middle
        cells = [
            f"{record.shortly(middle[key])} ({middle[key] / first[key]:.2f})"
            for key in ("training", "process")
        ]
        # The classification layer alone takes milliseconds, and in PyTorch's loop has no epochs.
        ratio = middle["epoch"] / first["epoch"] if "epoch" in middle and "epoch" in first else None
        whole = ratio is not None and "classification layer" not in title
        epoch = f"{middle['epoch']:.2f} ({ratio:.2f})" if whole else ""
        table.add(
            name, *cells, epoch, trained / middle["epoch"] if whole else "", middle["peak_gib"]
        )
    return table


TITLES = {
    "frozen": "the classification layer",
    "full": "the whole network",
    "augmented": "the classification layer, with augmentation",
}

if __name__ == "__main__":
    main()
