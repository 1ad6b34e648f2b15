"""How many wrong labels and near duplicates `ic-tf check-data --labels` finds, planted at random.

    python -m benchmarks.labels PHOTOS [--model MODEL] [--seeds 3]

PHOTOS is a folder of class folders. For each seed, of a copy of it: one photo of twenty is moved to
another class, 20 photos get a near duplicate beside them (compressed again, made smaller, or
cropped by 5 %), and the command's own check looks at it. The columns: how many photos are listed as
wrong labels, the share of the moved photos that are among them, the share of the list that was
moved, how many of the planted duplicates are found, how many pairs are listed that were not
planted, and the time. The last row is of the folder as it is.
"""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks import record
from ic_tf_sdk.launch.local.default_model import PREFERRED
from ic_tf_sdk.launch.local.label_check import LabelCheck, check_labels
from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.training.data import image_folder

SHARE = 0.05
DUPLICATES = 20


def planted(photos: Path, folder: Path, seed: int) -> tuple[set[str], set[str]]:
    """Copy the photos, move some to another class and repeat some.

    Returns:
        The moved ones and the added ones, relative to the folder.
    """
    shutil.copytree(photos, folder)
    draw = random.Random(seed)
    labels = sorted(path.name for path in folder.iterdir())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    draw.shuffle(files)
    count = round(SHARE * len(files))
    moved = set()
    for path in files[:count]:
        label = draw.choice([one for one in labels if one != path.parent.name])
        path.rename(folder / label / path.name)
        moved.add(f"{label}/{path.name}")
    added = set()
    for number, path in enumerate(files[count : count + DUPLICATES]):
        target = path.with_name(f"{path.stem}-again.jpg")
        repeat(path, target, number)
        added.add(str(target.relative_to(folder)))
    return moved, added


def repeat(path: Path, target: Path, number: int) -> None:
    """Write a near duplicate: compressed again, made smaller, or cropped by 5 %, in turn."""
    with Image.open(path) as photo:
        picture = photo.convert("RGB")
    width, height = picture.size
    if number % 3 == 1:
        picture = picture.resize((2 * width // 3, 2 * height // 3))
    if number % 3 == 2:
        picture = picture.crop((round(0.05 * width), round(0.05 * height), width, height))
    picture.save(target, quality=40 if number % 3 == 0 else 90)


def row(
    name: str, found: LabelCheck, moved: set[str], added: set[str], seconds: float
) -> tuple[object, ...]:
    listed = {one.file for one in found.suspects if one.kind == "label"}
    pairs = [
        {one.file, one.resembles.removeprefix("training/")}
        for one in found.suspects
        if one.kind == "duplicate"
    ]
    right = len(listed & moved)
    recall = f"{right / len(moved):.2f}" if moved else "-"
    precision = f"{right / len(listed):.2f}" if moved else "-"
    repeated = sum(bool(pair & added) for pair in pairs)
    other = len(pairs) - repeated
    pairs_found = f"{repeated} of {len(added)}"
    return name, len(listed), recall, precision, pairs_found, other, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default=PREFERRED)
    parser.add_argument("--seeds", type=int, default=3)
    record.option(parser)
    options = parser.parse_args()
    source = locate(options.model)
    table = record.Table(
        "Choosing",
        "`ic-tf check-data --labels`",
        *("planted", "listed", "found", "right", "duplicates", "other pairs", "s"),
        about=f"{options.model}; found is the share of the moved photos that are listed, right the "
        "share of the list that was moved.",
    )
    for seed in [*range(options.seeds), None]:
        with tempfile.TemporaryDirectory() as scratch:
            folder, moved, added = options.photos, set[str](), set[str]()
            if seed is not None:
                folder = Path(scratch) / "photos"
                moved, added = planted(options.photos, folder, seed)
            started = time.perf_counter()
            found = check_labels({"training": image_folder.describe(folder)}, source)
            seconds = time.perf_counter() - started
            name = "nothing" if seed is None else f"seed {seed}"
            table.add(*row(name, found, moved, added, seconds))
    record.keep(options, table)


if __name__ == "__main__":
    main()
