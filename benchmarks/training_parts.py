"""Parts of a training, each against what it cannot do without.

    python -m benchmarks.training_parts pass
    python -m benchmarks.training_parts decode
    python -m benchmarks.training_parts memory --images 1000 10000
    python -m benchmarks.training_parts scan

The photos and the backbone are those of ``benchmarks.training``.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import backbone, record
from benchmarks.training import Peer, photos, run

# Images of the "pass", in whole batches.
PASSED = 400


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=MEASURED)
    parser.add_argument("--photos", type=Path, help="A folder of class folders.")
    parser.add_argument("--images", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--runs", type=int, default=5)
    backbone.option(parser)
    record.option(parser)
    given = parser.parse_args()
    record.keep(given, MEASURED[given.what](given))


def backbone_pass(given: argparse.Namespace) -> record.Table:
    """The pass over a frozen backbone against its parts alone, in processor time per image.

    The parts are the folded graph on images that are there already, in batches of the same size,
    and TensorFlow's plain decoding and resizing.
    """
    import numpy as np
    import tensorflow as tf

    from ic_tf_sdk.specs.hyperparameters import parse
    from ic_tf_sdk.training.data import image_folder
    from ic_tf_sdk.training.feed import features, folded_backbone
    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing
    from ic_tf_sdk.training.network import backbone as networks
    from ic_tf_sdk.training.network.classifier import Classifier

    with tempfile.TemporaryDirectory() as scratch:
        folder = image_folder.describe(photos(Path(scratch) / "photos", PASSED, given.photos))
        channel = backbone.channel(given, Path(scratch) / "model")
        source = networks.open_source(channel)
        classifier = Classifier(source, 5, parse({"train_only_on_top": "True"}))
        folded = folded_backbone.FoldedBackbone(classifier)
        images = ImageExamples(folder, Preprocessing(224, 224, "bilinear", "0..1"), False)
        encoded = [Path(path).read_bytes() for path in folder.paths()]
        size = folded_backbone.batch_size()
        batch = tf.random.uniform((size, 224, 224, 3))
        decoded = tf.data.Dataset.from_tensor_slices(encoded).map(plain)
        rows = np.arange(len(images))
        measured = {
            "pass": lambda: list(features.passes(folded, images, rows, hashed=False)),
            "graph": lambda: [folded(batch) for _ in range(PASSED // size)],
            "decode": lambda: [None for _ in decoded],
        }
        found: dict[str, list[float]] = {name: [] for name in measured}
        for once in range(given.runs + 1):
            for name, measure in measured.items():
                started = time.process_time()
                measure()
                # The first time builds graphs and kernels.
                found[name] += [time.process_time() - started] if once else []
    whole, graph, bare = (1000 * statistics.median(found[name]) / PASSED for name in measured)
    table = record.Table(
        "Training",
        f"The pass over a frozen backbone: {backbone.name(channel)}",
        *("", "processor ms/image", "ratio to the parts"),
        about="Medians, in turns. The graph runs on images that are decoded; decoding is "
        "TensorFlow's own, and its plain resizing.",
    )
    table.add("the pass", whole, whole / (graph + bare))
    table.add("the folded graph alone", graph, "")
    table.add("decoding and resizing alone", bare, "")
    return table


def plain(content: Any) -> Any:
    """Decode and resize without a policy."""
    import tensorflow as tf

    return tf.image.resize(tf.io.decode_jpeg(content, channels=3), (224, 224))


def decode(given: argparse.Namespace) -> record.Table:
    """Our decode and resize against TensorFlow's plain pair, in processor time per image."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    with tempfile.TemporaryDirectory() as scratch:
        folder = photos(Path(scratch) / "photos", 200, given.photos)
        data = [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]
    ours = Preprocessing(224, 224, "bilinear", "0..1").load

    found: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(given.runs):
        for name, op in (("plain", plain), ("ours", ours)):
            dataset = tf.data.Dataset.from_tensor_slices(data).map(op)
            found[name].append(_processor_seconds(dataset))
    plain_ms, ours_ms = (1000 * statistics.median(found[name]) for name in ("plain", "ours"))
    table = record.Table(
        "Training",
        "Decoding, turning and resizing a photo",
        *("", "processor ms/image"),
        about="To 224 pixels; medians, in turns.",
    )
    table.add("here", ours_ms)
    table.add("`tf.io.decode_jpeg` and `tf.image.resize` alone", plain_ms)
    return table


def _processor_seconds(dataset: Any) -> float:
    """Per image, without what an epoch takes to begin."""
    images = iter(dataset)
    next(images)
    started = time.process_time()
    count = sum(1 for _ in images)
    return (time.process_time() - started) / count


def memory(given: argparse.Namespace) -> record.Table:
    """Peak memory of a frozen training against the number of images.

    With a budget in proportion to the features of a small backbone, so that a hundred thousand
    images are far past it.
    """
    variables = {"FEATURE_BUDGET_BYTES": str(1 << 23)}
    table = record.Table(
        "Training",
        "Memory of a job with a frozen backbone",
        *("images", "peak GiB", "process s"),
        about="Features past a budget of 8 MiB lie on the disk; one run each.",
    )
    for images in given.images:
        with tempfile.TemporaryDirectory() as scratch:
            folder = photos(Path(scratch) / "photos", images, given.photos)
            module = backbone.channel(given, Path(scratch) / "model")
            one = run(Peer("ours-frozen", variables=variables), folder, module, 1)
            table.add(images, one["peak_gib"], one["process"])
    return table


def scan(given: argparse.Namespace) -> record.Table:
    """The scan of headers and duplicates, to be set against one epoch's decoding."""
    from ic_tf_sdk.training.data import duplicates, image_folder, image_scan

    with tempfile.TemporaryDirectory() as scratch:
        folder = photos(Path(scratch) / "photos", 1000, given.photos)
        found = []
        for _ in range(given.runs):
            started = time.perf_counter()
            described_folder = image_folder.describe(folder)
            image_scan.scan(described_folder)
            duplicates.duplicates({"training": described_folder})
            found.append(time.perf_counter() - started)
    table = record.Table("Training", "The scan of a folder", "images", "s", about="The median.")
    table.add(1000, statistics.median(found))
    return table


MEASURED: dict[str, Callable[[argparse.Namespace], record.Table]] = {
    "pass": backbone_pass,
    "decode": decode,
    "memory": memory,
    "scan": scan,
}

if __name__ == "__main__":
    main()
