"""Draw formula pictures in parallel and keep them as memory-mapped arrays.

python -m tools.embedded.pictures FOLDER --count 60000 --seed 1 --processes 2
"""

import argparse
import json
import multiprocessing
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.embedded.scene import SIDE, TASKS, VARIANTS, Bank, make_bank, make_scene

__all__ = ["draw_pictures", "open_pictures"]

# A worker renders the formulas once for all its parts.
_bank: dict[tuple[int, int], Bank] = {}


def _draw_part(part: tuple[Path, int, range, int, int, int]) -> int:
    """Write the pictures of one range into the two arrays; runs in a worker process."""
    folder, seed, rows, variants, first, renderings = part
    key = (seed, renderings)
    if key not in _bank:
        _bank[key] = make_bank(seed, variants=variants, renderings=renderings)
    pixels = np.load(folder / "pixels.npy", mmap_mode="r+")
    classes = np.load(folder / "classes.npy", mmap_mode="r+")
    for row in rows:
        scene = make_scene(bank=_bank[key], seed=seed, number=first + row)
        pixels[row], classes[row] = scene.pixels, scene.classes
    return len(rows)


def draw_pictures(
    *,
    folder: Path,
    count: int,
    seed: int,
    processes: int = 2,
    variants: int = VARIANTS,
    first: int = 0,
    renderings: int = 0,
) -> None:
    """Draw ``count`` pictures into ``folder``, which appears when all are there.

    The number of processes changes nothing in the pictures.

    Args:
        folder: Gets ``pixels.npy`` (uint8 ``[count, 96, 96, 3]``), ``classes.npy`` (int16
            ``[count, 4]``, one column per task) and ``recipe.json``.
        count: How many.
        seed: Decides formulas, textures, palettes and pictures.
        processes: How many draw at the same time.
        variants: Renderings of each formula and texture.
        first: Number of the first picture; another range gives other pictures of the same classes.
        renderings: Another number gives other variants of the same formulas and textures.
    """
    scratch = folder.with_name(f".{folder.name}.tmp")
    scratch.mkdir(parents=True)
    shapes = {"pixels": ((count, SIDE, SIDE, 3), "uint8"), "classes": ((count, 4), "int16")}
    for name, (shape, dtype) in shapes.items():
        np.lib.format.open_memmap(scratch / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
    bounds = np.linspace(0, count, processes * 4 + 1).astype(int)
    parts = [
        (scratch, seed, range(start, stop), variants, first, renderings)
        for start, stop in pairwise(bounds)
    ]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_draw_part, parts, chunksize=4)
    recipe = {
        "count": count,
        "seed": seed,
        "variants": variants,
        "first": first,
        "renderings": renderings,
        "tasks": TASKS,
    }
    (scratch / "recipe.json").write_text(json.dumps(recipe, indent=2))
    scratch.rename(folder)


def open_pictures(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """The pictures, uint8 ``[count, 96, 96, 3]``, and their classes, int16 ``[count, 4]``."""
    return np.load(folder / "pixels.npy", mmap_mode="r"), np.load(folder / "classes.npy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=60000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--variants", type=int, default=VARIANTS)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--renderings", type=int, default=0)
    draw_pictures(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
