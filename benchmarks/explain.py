"""How much of a heat map lies where the shape is, in drawn pictures whose shapes' places are known.

    python -m benchmarks.explain MODEL [MODEL ...] [--pictures 40]

A MODEL is as of `ic-tf fit --model`; its classification layer is trained on drawn pictures (a disc,
square, triangle or cross of any colour at any place, a quarter to a half of the picture wide, on a
soft background), and asked about others. The columns: accuracy, the mean share of the heat in the
shape's box and the share of pictures in which that is 0.8 and more, the mean share of the picture
that the box has, and the time for a picture; of both ways that the package has.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from benchmarks import record
from ic_tf_sdk.inference import heat_map
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.request import request

SHAPES = ("cross", "disc", "square", "triangle")
SIDE = 224

Box = tuple[int, int, int, int]


def drawn(shape: str, rng: np.random.Generator) -> tuple[Image.Image, Box]:
    """A picture of one shape, and its box: left, top, right, bottom."""
    coarse = rng.integers(60, 200, (3, 3, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    size = int(rng.integers(SIDE // 4, SIDE // 2))
    left, top = (int(rng.integers(4, SIDE - size - 4)) for _ in range(2))
    right, bottom = left + size, top + size
    colour = tuple(int(value) for value in rng.choice([0, 30, 225, 255], 3))
    pen, third = ImageDraw.Draw(picture), size // 3
    if shape == "disc":
        pen.ellipse((left, top, right, bottom), fill=colour)
    elif shape == "square":
        pen.rectangle((left, top, right, bottom), fill=colour)
    elif shape == "triangle":
        pen.polygon(((left + size // 2, top), (left, bottom), (right, bottom)), fill=colour)
    else:
        pen.rectangle((left + third, top, right - third, bottom), fill=colour)
        pen.rectangle((left, top + third, right, bottom - third), fill=colour)
    return picture, (left, top, right, bottom)


def trained(model: str, folder: Path) -> ServedModel:
    """The model with a layer that was trained on drawn pictures."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        (folder / "drawn" / shape).mkdir(parents=True)
        for number in range(100):
            drawn(shape, rng)[0].save(folder / "drawn" / shape / f"{number}.png")
    values = {"train_only_on_top": True, "head_solver": "converged"}
    asked = request(model=model, training=folder / "drawn", hyperparameters=values)
    job = local_job.run(asked, output=folder / "out", on_line=lambda _: None)
    return ServedModel(job.model_data)


def ways(model: ServedModel) -> dict[str, Callable[[Any, int], Any]]:
    def answer(pixels: Any) -> Any:
        return model.answer_pixels(pixels=pixels)["probabilities"]

    def hiding(pixels: Any, label: int) -> Any:
        return heat_map._shares(heat_map._by_hiding(answer, pixels, label, lambda: None))

    return {
        "gradient times input": lambda pixels, label: (
            heat_map.heat_map(answer, pixels, label).values
        ),
        "occlusion": hiding,
    }


def inside(heat: Any, box: Box) -> float:
    """The share of the heat in a box of a picture of ``SIDE`` pixels."""
    height, width = heat.shape
    left, top, right, bottom = (edge / SIDE for edge in box)
    rows = slice(int(top * height), int(np.ceil(bottom * height)) + 1)
    columns = slice(int(left * width), int(np.ceil(right * width)) + 1)
    return float(heat[rows, columns].sum() / max(heat.sum(), 1e-12))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--pictures", type=int, default=40)
    record.option(parser)
    options = parser.parse_args()
    table = record.Table(
        "Prediction",
        "Where the model looks",
        *("model, method", "accuracy", "in the box", "0.8 and more", "box", "s"),
        about=f"{options.pictures} drawn pictures: the mean share of the heat in the shape's box, "
        "the share of the pictures with 0.8 and more, the box's own share, and the time of one.",
    )
    for name in options.models:
        with tempfile.TemporaryDirectory() as folder:
            model = trained(name, Path(folder))
        rng = np.random.default_rng(1)
        shapes = [SHAPES[number % len(SHAPES)] for number in range(options.pictures)]
        asked = [(model.labels.index(shape), *drawn(shape, rng)) for shape in shapes]
        sizes = mean((b[2] - b[0]) * (b[3] - b[1]) / SIDE**2 for _, _, b in asked)
        for way, explain in ways(model).items():
            shares, right, started = [], [], time.perf_counter()
            for label, picture, box in asked:
                sized = picture.resize((model.width, model.height))
                pixels = np.asarray(sized, np.float32)
                right.append(
                    int(model.probabilities(tf.constant(pixels[None]))[0].argmax()) == label
                )
                shares.append(inside(explain(pixels, label), box))
            seconds = (time.perf_counter() - started) / len(asked)
            most = mean(share >= 0.8 for share in shares)
            figures = (mean(right), mean(shares), most, sizes, seconds)
            table.add(f"{Path(name).name}, {way}", *(f"{value:.2f}" for value in figures))
    record.keep(options, table)


if __name__ == "__main__":
    main()
