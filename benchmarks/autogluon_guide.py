"""Fine-tuning as AutoGluon MultiModal's documentation writes it, for ``benchmarks.presets``.

https://auto.gluon.ai/stable/tutorials/multimodal/image_prediction/beginner_image_cls.html: a table
of paths and labels, ``MultiModalPredictor(label=...).fit(table)``, everything else as AutoGluon has
it. Only the backbone is named, so that it begins with the weights that the others begin with and
fetches none, and the number of epochs: as many as can begin in the processor seconds, by one epoch
of a fifth of the photos that is timed first. With ``time_limit`` and AutoGluon's own 20 epochs,
along which its learning rate rises and falls, it would be stopped while the rate still rises: such
a run answered by chance. What it prints goes to the standard error.

    PYTHON -m benchmarks.autogluon_guide TRAINING TEST CHECKPOINT SEED SECONDS

prints the accuracy on TEST. PYTHON is an interpreter with AutoGluon, in an environment of its own:
``python -m venv FOLDER && FOLDER/bin/pip install autogluon.multimodal``. CHECKPOINT is as of
``benchmarks.fastai_guide``.
"""

import json
import math
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from benchmarks.fastai_guide import used, weights

PROBE = 0.2


def main() -> None:
    training, test, checkpoint, seed, seconds = sys.argv[1:]
    with redirect_stdout(sys.stderr):
        found = accuracy(Path(training), Path(test), Path(checkpoint), int(seed), float(seconds))
    print(found)


def accuracy(training: Path, test: Path, checkpoint: Path, seed: int, seconds: float) -> float:
    """The accuracy on the test images of a network that is trained so long."""
    with tempfile.TemporaryDirectory() as scratch:
        start, photos = _start(checkpoint, Path(scratch, "start")), _table(training)
        before = used()
        _fitted(photos.sample(frac=PROBE, random_state=seed), start, seed, Path(scratch, "probe"))
        epochs = math.ceil((seconds - before) * PROBE / (used() - before))
        before = used()
        predictor = _fitted(photos, start, seed, Path(scratch, "predictor"), epochs)
        said = f"{epochs} epochs took {used() - before:.0f} s of {seconds:.0f} s"
        found = float(predictor.evaluate(_table(test), metrics=["accuracy"])["accuracy"])
    print(said, file=sys.stderr)
    return found


def _fitted(photos: Any, start: Path, seed: int, folder: Path, epochs: int = 1) -> Any:
    from autogluon.multimodal import MultiModalPredictor

    predictor = MultiModalPredictor(label="label", problem_type="multiclass", path=str(folder))
    chosen = {
        "model.names": ["timm_image"],
        "model.timm_image.checkpoint_name": str(start),
        "optim.max_epochs": epochs,
    }
    return predictor.fit(photos, seed=seed, hyperparameters=chosen)


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
