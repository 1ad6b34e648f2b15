"""What one answer costs from a cold process, and a folder of photos: ONNX Runtime and TensorFlow.

    python -m benchmarks.predict_start MODEL.tar.gz PHOTOS [--rounds 5] [--images 1000]
    python -m benchmarks.predict_start MODEL.tar.gz PHOTOS --json figures.json

MODEL.tar.gz is converted first, with `ic-tf export`. Then in turn, so many times: a script that
imports ONNX Runtime and Pillow and answers once; `ic-tf predict --runtime onnx`; the same with
TensorFlow. Then, in turn too, all photos into a table with either, a process each: images a second
with and without the start of the process. Processor time of all threads, and wall time; medians and
ratios at the end. Last, how far the probabilities of the two are apart, image by image.

The script decodes with Pillow's own transform and resizes by another filter than the model was
trained with: it shows what such a script costs, not what it should answer.
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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

BARE = """
import sys
import numpy as np
import onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
height, width = given.shape[1:3]
with Image.open(sys.argv[2]) as photo:
    resized = photo.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
pixels = np.asarray(resized, np.float32)[None]
print(session.run(["probabilities"], {given.name: pixels})[0].argmax())
"""
COMMAND = [sys.executable, "-m", "ic_tf_sdk.cli"]
Times = dict[str, list[tuple[float, float]]]


def timed(words: list[str]) -> tuple[float, float]:
    """Processor and wall time of a program and all that it starts, in seconds."""
    started, before = time.perf_counter(), os.times()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    after, wall = os.times(), time.perf_counter() - started
    used = after.children_user + after.children_system
    return used - before.children_user - before.children_system, wall


def in_turn(rounds: int, runs: Mapping[str, Callable[[], list[str]]]) -> Times:
    """The times of several programs, one after the other, so many rounds."""
    found: Times = {name: [] for name in runs}
    for number in range(rounds):
        for name, words in runs.items():
            found[name].append(timed(words()))
            used, wall = found[name][-1]
            print(f"{number + 1} {name}: processor {used:.2f} s, wall {wall:.2f} s", flush=True)
    return found


def medians(times: Times) -> dict[str, dict[str, float]]:
    return {
        name: {
            "processor": statistics.median(one[0] for one in each),
            "wall": statistics.median(one[1] for one in each),
        }
        for name, each in times.items()
    }


def first_answer(model: Path, photo: Path, rounds: int) -> dict[str, Any]:
    onnx = str(model.with_name("model.onnx"))
    predict = [*COMMAND, "predict", str(model), str(photo), "--runtime"]
    found = in_turn(
        rounds,
        {
            "bare script": lambda: [sys.executable, "-c", BARE, onnx, str(photo)],
            "predict model.onnx": lambda: [*COMMAND, "predict", onnx, str(photo)],
            "predict, onnx": lambda: [*predict, "onnx"],
            "predict, tensorflow": lambda: [*predict, "tensorflow"],
        },
    )
    return {"one photo": medians(found)}


def folder(model: Path, photos: list[Path], rounds: int, scratch: Path) -> dict[str, Any]:
    images = scratch / "images"
    images.mkdir()
    for number, photo in enumerate(photos):
        (images / f"{number:05d}{photo.suffix}").symlink_to(photo.absolute())
    out = {name: scratch / f"{name}.jsonl" for name in ("onnx", "tensorflow")}

    def words(name: str) -> list[str]:
        out[name].unlink(missing_ok=True)
        line = [*COMMAND, "predict", str(model), str(images), "--runtime", name]
        return [*line, "--out", str(out[name]), "--quiet"]

    runs = {name: (lambda name=name: words(name)) for name in out}
    found = medians(in_turn(rounds, runs))  # type: ignore[arg-type]
    for name, each in found.items():
        each["images a second"] = len(photos) / each["wall"]
        print(f"{name}: {each['images a second']:.1f} images/s, its start included")
    rows = [
        [json.loads(line) for line in out[name].read_text().splitlines()]
        for name in ("onnx", "tensorflow")
    ]
    pairs = list(zip(*rows, strict=True))
    apart = max(
        abs(one - other)
        for ours, theirs in pairs
        for one, other in zip(ours["probabilities"], theirs["probabilities"], strict=True)
    )
    same = sum(ours["predicted_label"] == theirs["predicted_label"] for ours, theirs in pairs)
    print(f"{len(pairs)} images: largest difference {apart:.1e}, same label {same}")
    return {"folder": found, "images": len(pairs), "largest difference": apart, "same label": same}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    photos = sorted(path for path in given.photos.rglob("*.jpg"))[: given.images]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        model = scratch / "model.tar.gz"
        shutil.copyfile(given.model, model)
        export = [*COMMAND, "export", str(model), "--out", str(scratch / "model.onnx")]
        subprocess.run([*export, "--images", str(photos[0])], check=True)
        figures = first_answer(model, photos[0], given.rounds)
        figures |= folder(model, photos, given.rounds, scratch)
    one = figures["one photo"]
    for what in one:
        ratios = [one[what][kind] / one["bare script"][kind] for kind in ("processor", "wall")]
        print(f"{what}: {one[what]['wall']:.2f} s, {ratios[1]:.2f} times the bare script "
              f"({ratios[0]:.2f} of processor time)")  # fmt: skip
    speeds = {name: each["images a second"] for name, each in figures["folder"].items()}
    print(f"folder: {speeds['onnx'] / speeds['tensorflow']:.2f} times TensorFlow's images a second")
    if given.json is not None:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
