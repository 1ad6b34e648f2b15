"""Runs whose report is looked at: drawn pictures, made-up answers, any number of classes."""

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.training.data.image_folder import ImageFolder

LONG = "a class whose name goes on and on, as names of species do"


def names(count: int) -> tuple[str, ...]:
    """Class names, every fifth of them too long to be shown."""
    return tuple(sorted(f"{LONG if n % 5 == 0 else 'class'} {n:04d}" for n in range(count)))


def folder(root: Path | None, labels: tuple[str, ...], each: int) -> ImageFolder:
    """A channel; with a root, its files are noise, which JPEG makes least small."""
    rng = np.random.default_rng(0)
    files, classes = [], []
    for index, label in enumerate(labels):
        if root is not None:
            (root / label).mkdir(parents=True)
        for number in range(each):
            files.append(f"{label}/{'x' * 40 * (number % 2)}{number:03d}.jpg")
            classes.append(index)
            if root is not None:
                size = (160, 240, 3) if number % 2 else (240, 160, 3)
                pixels = rng.integers(0, 256, size, dtype=np.uint8)
                Image.fromarray(pixels).save(root / files[-1])
    return ImageFolder(root or Path("/nowhere"), labels, tuple(files), tuple(classes), {})


def record(epochs: int = 6, best: int = 3) -> HistoryRecord:
    """A course of a training."""
    every = [
        {
            "loss": 2 / (epoch + 1), "accuracy": 1 - 1 / (epoch + 2), "top_5_accuracy": 1.0,
            "val_loss": 2.1 / (epoch + 1), "val_accuracy": 0.9 - 1 / (epoch + 2),
            "val_top_5_accuracy": 1.0,
        }
        for epoch in range(epochs)
    ]  # fmt: skip
    return HistoryRecord(epochs=every, seconds=[1.5] * epochs, best_epoch=best, test={})


def evaluated(channel: ImageFolder, *, name: str = "test", margin: float = 3.0) -> Any:
    """Answers on a channel, of which the greater part is right."""
    from ic_tf_sdk.training.results import calibration
    from ic_tf_sdk.training.results.evaluation import Evaluation

    classes = np.asarray(channel.classes)
    logits = np.random.default_rng(1).normal(0, 1, (len(classes), len(channel.labels)))
    logits[np.arange(len(classes)), classes] += margin
    logits = logits.astype(np.float32)
    answers = calibration.probabilities(logits).astype(np.float32)
    fitted = calibration.fit(logits, classes, binary_mode=False)
    return Evaluation(name, channel, answers, {"loss": 1.0}, logits, fitted)


def facts(channel: ImageFolder) -> Any:
    """What such a run says of itself."""
    from ic_tf_sdk.training.results.report.run_facts import RunFacts

    return RunFacts(
        model="tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 4.0.1",
        labels=channel.labels,
        images={"training": channel.counts, "test": channel.counts},
        seconds=83.2,
        finished=datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc),
        settings=[("epochs", "6", "3")],
        command="ic-tf fit /data/training --model some-model --set epochs=6",
        warnings=["The classes are uneven: 100 images of 'a', 3 of 'b'."],
        refused={f"/data/{'x' * 200}.gif": "GIF"},
        hints=["more epochs than 6 help."],
    )
