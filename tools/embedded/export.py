"""Pack trained weights as the archive that ships: a TF Hub SavedModel and ``model_info.json``.

python -m tools.embedded.export RUN/backbone.weights.h5 ic_tf_sdk/embedded
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tf_keras

from ic_tf_sdk.backbones import module_file
from ic_tf_sdk.contract import archive
from ic_tf_sdk.contract.model_info import ModelInfo, digests
from ic_tf_sdk.embedded import MODEL_IDS
from tools.embedded.network import FEATURES, SIDE, build_backbone

__all__ = ["describe", "export_archive", "save_feature_vector"]

MODEL_VERSION = "0.1.0"


def _half_precision(backbone: tf_keras.Model) -> None:
    """Round the weights to float16; they stay float32 variables, but pack to half the bytes."""
    backbone.set_weights(
        [weight.astype(np.float16).astype(np.float32) for weight in backbone.get_weights()]
    )


def save_feature_vector(backbone: tf_keras.Model, folder: Path) -> None:
    """Save a network as TF Hub's feature vectors are: ``loaded(images, training=False)``.

    ``loaded`` maps float32 ``[batch, height, width, 3]`` in 0..1 to float32 ``[batch, 672]``.
    """
    module_file.save_module(backbone, folder)
    # Another one at each run; nothing reads it.
    (folder / "fingerprint.pb").unlink(missing_ok=True)


def export_archive(*, weights: Path, directory: Path) -> Path:
    """Write ``train-<model id>.tar.gz`` into a directory.

    Args:
        weights: The file of ``pretrain``.
        directory: Where to; an archive of that name is replaced.

    Returns:
        The archive.
    """
    backbone = build_backbone()
    backbone.load_weights(weights)
    _half_precision(backbone)
    target = directory / f"train-{MODEL_IDS[0]}.tar.gz"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_feature_vector(backbone, folder / "1")
        describe(folder)
        archive.pack(folder, target)
    return target


def describe(folder: Path) -> None:
    """Write ``model_info.json`` beside the SavedModel in ``folder/1``."""
    ModelInfo(
        kind="pretrained",
        model_id=MODEL_IDS[0],
        model_version=MODEL_VERSION,
        input_height=SIDE,
        input_width=SIDE,
        pixel_range="0..1",
        feature_vector_size=FEATURES,
        files=dict(digests(folder)),
    ).write(folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("directory", type=Path)
    path = export_archive(**vars(parser.parse_args(arguments)))
    print(f"{path}: {path.stat().st_size / 2**20:.2f} MiB")


if __name__ == "__main__":
    main()
