"""Fine-tuning as AutoGluon MultiModal's documentation writes it, for ``benchmarks.presets``.

https://auto.gluon.ai/stable/tutorials/multimodal/image_prediction/beginner_image_cls.html: a table
of paths and labels, ``MultiModalPredictor(label=...).fit(table, time_limit=...)``, everything else
as AutoGluon has it. Only the backbone is named, so that it begins with the weights that the others
begin with and fetches none. AutoGluon's limit is one of wall time; it has the processor seconds
over the number of cores, of which it uses no more in that time, and may train as many epochs as
fit. What it prints goes to the standard error.

    PYTHON -m benchmarks.autogluon_guide TRAINING TEST CHECKPOINT SEED SECONDS

prints the accuracy on TEST. PYTHON is an interpreter with AutoGluon, in an environment of its own:
``python -m venv FOLDER && FOLDER/bin/pip install autogluon.multimodal``. CHECKPOINT is as of
``benchmarks.fastai_guide``.
"""

import json
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.fastai_guide import used, weights

NO_LIMIT = 1000


def main() -> None:
    training, test, checkpoint, seed, seconds = sys.argv[1:]
    with redirect_stdout(sys.stderr):
        found = accuracy(Path(training), Path(test), Path(checkpoint), int(seed), float(seconds))
    print(found)


def accuracy(training: Path, test: Path, checkpoint: Path, seed: int, seconds: float) -> float:
    """The accuracy on the test images of a network that is trained so long."""
    from autogluon.multimodal import MultiModalPredictor

    with tempfile.TemporaryDirectory() as scratch:
        chosen = {
            "model.names": ["timm_image"],
            "model.timm_image.checkpoint_name": str(_start(checkpoint, Path(scratch, "start"))),
            "optim.max_epochs": NO_LIMIT,
        }
        predictor = MultiModalPredictor(
            label="label", problem_type="multiclass", path=str(Path(scratch, "predictor"))
        )
        limit = (seconds - used()) / (os.cpu_count() or 1)
        predictor.fit(_table(training), seed=seed, time_limit=limit, hyperparameters=chosen)
        print(f"fit took {used():.0f} s of {seconds:.0f} s", file=sys.stderr)
        return float(predictor.evaluate(_table(test), metrics=["accuracy"])["accuracy"])


def _start(checkpoint: Path, folder: Path) -> Path:
    """The weights as a folder that timm reads, less the classes of ImageNet."""
    import timm
    import torch

    name, network = weights(checkpoint)
    kept = {key: v for key, v in network["state_dict"].items() if not key.startswith("classifier")}
    made = timm.create_model(name, pretrained=False)
    known = ("input_size", "mean", "std", "interpolation", "crop_pct")
    config = {key: made.default_cfg[key] for key in known}
    folder.mkdir()
    torch.save(kept, folder / "pytorch_model.bin")
    said = {"architecture": name, "num_features": made.num_features, "pretrained_cfg": config}
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def _table(folder: Path) -> Any:
    import pandas as pd

    photos = sorted(folder.glob("*/*"))
    labels = [photo.parent.name for photo in photos]
    return pd.DataFrame({"image": [str(photo) for photo in photos], "label": labels})


if __name__ == "__main__":
    main()
