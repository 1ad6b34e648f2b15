"""What the embedded backbone is worth on real photos.

The table of ``docs/measurements/embedded-backbone.md``.

    python -m benchmarks.embedded_transfer PHOTOS [--mobilenet SAVED_MODEL] [--seeds 5]

PHOTOS holds ``training/`` and ``test/``, each a folder of class folders. Every figure is the
accuracy on ``test/`` after an ordinary local job with the catalogue's default hyperparameters and
five epochs. Per seed another split, another head, and for the random rows another network.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import tf_keras

from benchmarks import record
from ic_tf_sdk.contract import archive
from ic_tf_sdk.embedded import MODEL_IDS
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.training import environment, job, plan
from tools.embedded.export import describe, save_feature_vector
from tools.embedded.network import build_backbone

EPOCHS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table; without a model, the network with a seed's random weights."""

    name: str
    model: str | Path | None
    hyperparameters: Mapping[str, object]
    model_id: str | None = None


def random_network(seed: int, scratch: Path) -> Path:
    """The same network before any training, as an archive."""
    target = scratch / f"random-{seed}.tar.gz"
    if not target.exists():
        tf_keras.utils.set_random_seed(seed)
        folder = scratch / f"random-{seed}"
        save_feature_vector(build_backbone(), folder / "1")
        describe(folder)
        archive.pack(folder, target)
    return target


def table_rows(mobilenet: Path | None) -> list[Row]:
    frozen, full = {"train_only_on_top": True}, {"train_only_on_top": False}
    rows = [
        Row("embedded, frozen", MODEL_IDS[0], frozen),
        Row("random weights, frozen", None, frozen),
        Row("embedded, fully fine-tuned", MODEL_IDS[0], full),
        Row("from scratch", None, full),
    ]
    rates = () if mobilenet is None else (0.001, 0.003)
    return rows + [
        Row(
            f"MobileNetV1 0.25 with ImageNet weights, frozen, learning rate {rate}",
            mobilenet,
            frozen | {"learning_rate": rate},
            "tensorflow-ic-imagenet-mobilenet-v1-025-224-classification-4",
        )
        for rate in rates
    ]


def accuracy(row: Row, seed: int, photos: Path, scratch: Path) -> float:
    """Run a job in this process, which saves TensorFlow's start for each."""
    asked = request(
        model=row.model or random_network(seed, scratch),
        model_id=row.model_id,
        training=photos / "training",
        test=photos / "test",
        hyperparameters={"epochs": EPOCHS, "random_seed": seed, **row.hyperparameters},
    )
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        names = ("model_dir", "output_data_dir", "checkpoint_dir")
        flags = {name: Path(folder) / name for name in names}
        flags |= {**asked.channels, "model": asked.model.path, **asked.hyperparameters}
        words = [f"--{name}={value}" for name, value in flags.items()]
        found = job.run(plan.make(environment.read(words, {})))
    tf_keras.backend.clear_session()
    return found.test["accuracy"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--mobilenet", type=Path, help="SavedModel of MobileNetV1 0.25, 224 px")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", default="", help="only rows whose name holds this text")
    record.option(parser)
    options = parser.parse_args()
    table = record.Table(
        "Training",
        "Accuracy of the embedded backbone",
        "",
        "accuracy",
        f"seeds 1 to {options.seeds}",
    )
    with tempfile.TemporaryDirectory(prefix="embedded-transfer-") as scratch:
        for row in table_rows(options.mobilenet):
            if options.rows not in row.name:
                continue
            found = [
                accuracy(row, seed, options.photos, Path(scratch))
                for seed in range(1, options.seeds + 1)
            ]
            spread = stdev(found) if len(found) > 1 else 0.0
            each = " ".join(f"{value:.3f}" for value in found)
            table.add(row.name, f"{mean(found):.3f} ± {spread:.3f}", each)
    record.keep(options, table)


if __name__ == "__main__":
    main()
