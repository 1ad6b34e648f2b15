"""What the settings of the memory allocator are worth to a training.

``python -m benchmarks.allocator PHOTOS [--model FOLDER] [--whole] [--epochs 1] [--rounds 5]``, with
PHOTOS a folder of class folders. Each round trains once as glibc is by default
(``IC_TF_SDK_ALLOCATOR=off``), once with this package's settings and once with each part of them,
all in turns. Prints the medians of the whole process: wall, user and system seconds, page faults,
the largest resident memory, and each as a ratio to the default.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from ic_tf_sdk import embedded
from ic_tf_sdk.contract import archive, memory_allocator

FIGURES = ("wall s", "user s", "system s", "faults", "memory MB")
_CHOSEN = ("MALLOC_", "GLIBC_", "LD_PRELOAD", memory_allocator.SWITCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", type=Path, help="Unpacked backbone. Default: the embedded one.")
    parser.add_argument("--whole", action="store_true", help="Train the whole network.")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in settings()}
    with tempfile.TemporaryDirectory() as scratch:
        model = given.model or _embedded(Path(scratch))
        for number in range(given.rounds):
            for name, variables in settings().items():
                folder = Path(scratch, f"{number}-{name}".replace(" ", "-"))
                found[name].append(train(given, model, folder, variables))
    report(found)


def settings() -> dict[str, dict[str, str]]:
    """Name -> what is added to the environment."""
    added = memory_allocator.variables({})
    heap = {name: value for name, value in added.items() if name.startswith("MALLOC_")}
    default = {memory_allocator.SWITCH: memory_allocator.OFF}
    return {
        "default": default,
        "one heap": heap,
        "large pages": default | {name: added[name] for name in added.keys() - heap.keys()},
        "both": added,
    }


def train(
    given: argparse.Namespace, model: Path, folder: Path, variables: dict[str, str]
) -> tuple[float, ...]:
    """The figures of one job, in the order of ``FIGURES``."""
    environment = {n: value for n, value in os.environ.items() if not n.startswith(_CHOSEN)}
    environment |= {
        "SM_CHANNEL_TRAINING": str(given.photos),
        "SM_CHANNEL_MODEL": str(model),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    command = [
        *(sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"),
        f"--checkpoint_dir={folder / 'checkpoints'}",
        f"--epochs={given.epochs}",
        f"--train_only_on_top={not given.whole}",
    ]
    process = subprocess.Popen(command, env=environment | variables, stdout=subprocess.DEVNULL)
    began = os.times().elapsed
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"A job ended with status {status}.")
    return (
        os.times().elapsed - began,
        usage.ru_utime,
        usage.ru_stime,
        usage.ru_minflt,
        usage.ru_maxrss / 1024,
    )


def report(found: dict[str, list[tuple[float, ...]]]) -> None:
    """Print the medians, and the ratio of each to the default's."""
    print(f"| | {' | '.join(FIGURES)} |\n|---|{'---|' * len(FIGURES)}")
    medians = {
        name: [median(one) for one in zip(*rows, strict=True)] for name, rows in found.items()
    }
    for name, row in medians.items():
        cells = (
            f"{value:.0f} ({value / default:.2f})"
            if value > 100
            else f"{value:.1f} ({value / default:.2f})"
            for value, default in zip(row, medians["default"], strict=True)
        )
        print(f"| {name} | {' | '.join(cells)} |")


def _embedded(scratch: Path) -> Path:
    archive.extract(embedded.archive_path(embedded.MODEL_IDS[0]), scratch / "model")
    return scratch / "model"


if __name__ == "__main__":
    main()
