"""float32 against bfloat16: speed of frozen graphs, and whether the answers change.

    python -m benchmarks.arithmetic speed
    python -m benchmarks.arithmetic answers PHOTOS

``speed`` builds the architectures with random weights (speed does not depend on them), folds each
to constants as training does, and compares processor time per image, the two arithmetics
interleaved. ``answers`` trains a head on the features of PHOTOS, which holds ``training/`` and
``test/``, once in each arithmetic, and counts the right answers on the test photos.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

from benchmarks import backbone, record, rows
from ic_tf_sdk.training import environment, job, plan
from ic_tf_sdk.training.graph.constant_graph import constant_graph
from ic_tf_sdk.training.network import precision

BATCH_SIZE = 8
ARCHITECTURES: dict[str, tuple[str, int, dict[str, Any]]] = {
    "MobileNetV1 0.25": ("MobileNet", 224, {"alpha": 0.25}),
    "MobileNetV2 1.0": ("MobileNetV2", 224, {}),
    "MobileNetV3 Large": ("MobileNetV3Large", 224, {}),
    "EfficientNet B0": ("EfficientNetB0", 224, {}),
    "NASNet Mobile": ("NASNetMobile", 224, {}),
    "MobileNetV2 1.4": ("MobileNetV2", 224, {"alpha": 1.4}),
    "EfficientNetV2 B0": ("EfficientNetV2B0", 224, {}),
    "EfficientNet B2": ("EfficientNetB2", 260, {}),
    "Inception V3": ("InceptionV3", 299, {}),
    "ResNet-50": ("ResNet50", 224, {}),
}


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["speed", "answers"])
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=5)
    rows.option(parser)
    backbone.option(parser)
    record.option(parser)
    given = parser.parse_args()
    if given.what == "answers" and given.photos is None:
        parser.error("answers needs PHOTOS.")
    record.keep(given, answers(given) if given.what == "answers" else speeds(given))


def speeds(given: argparse.Namespace) -> record.Table:
    """A row for each architecture."""
    table = record.Table(
        "Training",
        "float32 against bfloat16, by architecture",
        *("backbone", "million parameters", "float32 ms", "bfloat16 ms", "float32 / bfloat16"),
        about="Processor time of the folded graph for an image, in batches of "
        f"{BATCH_SIZE}; medians of {given.runs}, in turns.",
    )
    for name in rows.chosen(ARCHITECTURES, given.only):
        architecture, size, options = ARCHITECTURES[name]
        table.add(name, *speed(architecture, size, options, given.runs))
    return table


def speed(
    architecture: str, size: int, options: dict[str, Any], runs: int
) -> tuple[float, float, float, float]:
    """Millions of parameters, milliseconds of processor time per image, and their ratio."""
    model = getattr(tf_keras.applications, architecture)(
        weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3), **options
    )
    shape = (None, size, size, 3)
    graph = tf.function(lambda images: model(images, training=False)).get_concrete_function(
        tf.TensorSpec(shape, tf.float32)
    )
    folded = constant_graph(graph)
    images = tf.random.uniform((BATCH_SIZE, size, size, 3))
    found: dict[bool, list[float]] = {False: [], True: []}
    for bfloat16 in (False, True):
        _milliseconds(folded, images, bfloat16)
    for _ in range(runs):
        for bfloat16, times in found.items():
            times.append(_milliseconds(folded, images, bfloat16))
    plain, rounded = (statistics.median(found[bfloat16]) for bfloat16 in (False, True))
    return model.count_params() / 1e6, plain, rounded, plain / rounded


def _milliseconds(folded: Any, images: tf.Tensor, bfloat16: bool) -> float:
    precision.apply(bfloat16=bfloat16)
    folded(images)
    started = time.process_time()
    for _ in range(3):
        folded(images)
    return 1000 * (time.process_time() - started) / (3 * len(images))


def answers(given: argparse.Namespace) -> record.Table:
    """Right answers on the test photos after the same training in each arithmetic."""
    with tempfile.TemporaryDirectory() as scratch:
        module = backbone.channel(given, Path(scratch) / "model")
        table = record.Table(
            "Training",
            f"Answers with bfloat16: {backbone.name(module)}",
            *("`mixed_precision`", "test accuracy"),
            about="The classification layer, five epochs.",
        )
        for value in ("off", "bfloat16"):
            variables = {
                "SM_MODEL_DIR": f"{scratch}/{value}/model",
                "SM_OUTPUT_DATA_DIR": f"{scratch}/{value}/output/data",
            }
            flags = [f"--training={given.photos}/training", f"--test={given.photos}/test"]
            flags += [f"--model={module}", f"--checkpoint_dir={scratch}/{value}/checkpoints"]
            flags += ["--train_only_on_top=True", "--epochs=5", f"--mixed_precision={value}"]
            done = job.run(plan.make(environment.read(flags, variables)))
            table.add(value, f"{done.test['accuracy']:.3f}")
    return table


if __name__ == "__main__":
    main()
