"""The backbone that a benchmark trains from, as a model channel that older checkouts read, too."""

import argparse
import json
import os
import shutil
from pathlib import Path

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.launch.local.model_source import locate

MOBILENET_V2 = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
_ROOT = Path(__file__).resolve().parents[1]
_SHARED = Path(os.environ.get("IC_TF_SDK_SHARED", _ROOT.parent / "shared")) / "weights"
_REFERENCE = _SHARED / "mobilenet_v2_100_224" / "feature_vector" / "1"


def option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its ``--model`` and ``--model-id``."""
    parser.add_argument(
        "--model",
        help="A model id whose weights are here, an archive, or a SavedModel folder. Default: "
        "MobileNetV2 1.0 of the reference folder, where that is there, else the embedded backbone.",
    )
    parser.add_argument("--model-id", help="Whose SavedModel folder it is.")


def channel(given: argparse.Namespace, folder: Path) -> Path:
    """Lay the backbone out as a model channel, with no more in its description than it needs.

    Args:
        given: What the parser with ``option`` read.
        folder: Is made.
    """
    model, model_id = given.model, given.model_id
    if model is None:
        here = _REFERENCE.is_dir()
        model = _REFERENCE if here else embedded.MODEL_IDS[0]
        model_id = MOBILENET_V2 if here else None
    source = locate(model, model_id=model_id)
    with model_archive.opened(source.path) as opened:
        shutil.copytree(opened.saved_model, folder / "1")
    spec = specs.get(source.model_id)
    # Written here and not by the package, which writes a line that older checkouts do not know.
    facts = {
        "kind": "pretrained",
        "model_id": source.model_id,
        "model_version": spec.version,
        "input_height": spec.input_height,
        "input_width": spec.input_width,
        "pixel_range": spec.pixel_range,
    }
    (folder / "model_info.json").write_text(json.dumps(facts))
    return folder


def name(folder: Path) -> str:
    """What people call the backbone of a model channel."""
    model_id = json.loads((folder / "model_info.json").read_text())["model_id"]
    return specs.get(model_id).display_name or model_id
