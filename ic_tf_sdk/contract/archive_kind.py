"""What a model that this package did not make appears to be, from its file names, and what to do.

A refusal that names the format it met is worth more than one that names the format it missed.
"""

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ic_tf_sdk.errors import ArchiveError

__all__ = ["Kind", "appearance", "no_saved_model", "refuse_other_files"]

_CATALOGUE = "start from a model id of the catalogue (`ic-tf models`) and fine-tune it"


class Kind(NamedTuple):
    """A format.

    Attributes:
        name: What it is called, with its article.
        remedy: What to do with it.
        any_of: Patterns of file names, of which one is there.
        all_of: Patterns that are there too, each.
    """

    name: str
    remedy: str
    any_of: tuple[str, ...]
    all_of: tuple[str, ...] = ()


# The more specific first: a Hugging Face folder holds a PyTorch file.
_KINDS = (
    Kind(
        "a Hugging Face model",
        f"its weights are of no TensorFlow SavedModel; {_CATALOGUE}",
        ("*.safetensors", "pytorch_model*.bin", "tf_model.h5", "flax_model.msgpack"),
        ("config.json",),
    ),
    Kind(
        "a model of SageMaker's MXNet image classification",
        f"its weights cannot be taken over; {_CATALOGUE} on the same images",
        ("*.params",),
        ("*-symbol.json",),
    ),
    Kind(
        "a PyTorch model",
        f"its weights are of no TensorFlow SavedModel; {_CATALOGUE}",
        ("*.pt", "*.pth", "pytorch_model*.bin", "*.mar", "*.safetensors"),
    ),
    Kind(
        "a Keras file",
        "load it with the Keras that wrote it, write `tf.saved_model.save(model, '1')`, and give "
        "the folder that holds 1/",
        ("*.keras", "*.h5", "*.hdf5"),
    ),
    Kind(
        "an ONNX model",
        f"it can be run, not trained; {_CATALOGUE}",
        ("*.onnx",),
    ),
    Kind(
        "a TensorFlow Lite model",
        "give the SavedModel that it was converted from; the conversion cannot be undone",
        ("*.tflite",),
    ),
    Kind(
        "a TensorFlow.js model",
        "give the SavedModel that it was converted from",
        ("group*-shard*of*", "group*-shard*of*.bin"),
        ("model.json",),
    ),
    Kind(
        "an XGBoost model",
        f"it classifies no images; {_CATALOGUE}",
        ("xgboost-model", "*.ubj", "*.xgb", "*.bst"),
    ),
    Kind(
        "a scikit-learn model",
        f"it is no TensorFlow SavedModel; {_CATALOGUE}",
        ("*.joblib", "*.pkl", "*.pickle"),
    ),
    Kind(
        "a TensorFlow checkpoint",
        "build the model, restore it, and write `tf.saved_model.save(model, '1')`: a checkpoint "
        "has weights and no graph",
        ("*.ckpt", "*.index", "checkpoint"),
    ),
    Kind(
        "a frozen TensorFlow graph",
        "its variables are constants and it cannot be trained; give the SavedModel",
        ("*.pb",),
    ),
    Kind(
        "a script archive",
        "give it as the job's source (`script_uris.retrieve`); the model is another archive "
        "(`model_uris.retrieve`)",
        ("transfer_learning.py", "setup.py", "inference.py"),
    ),
    Kind(
        "a set of images",
        "give it as the training channel; the model is another archive (`model_uris.retrieve`)",
        ("*.jpg", "*.jpeg", "*.png"),
    ),
)

_ARCHIVES = (".tar", ".gz", ".tgz")


def appearance(names: Iterable[str]) -> Kind | None:
    """The format that files of these names appear to be; None where nothing is recognised.

    Args:
        names: Paths, relative or not; only their last parts are looked at.
    """
    bare = [PurePosixPath(name).name.lower() for name in names]

    def some(pattern: str) -> bool:
        return any(fnmatch(name, pattern) for name in bare)

    for kind in _KINDS:
        if any(map(some, kind.any_of)) and all(map(some, kind.all_of)):
            return kind
    return None


def no_saved_model(folder: Path, name: Path) -> ArchiveError:
    """The refusal of a folder in which there is no SavedModel.

    Args:
        folder: An unpacked archive, or a folder.
        name: What the user calls it.
    """
    files = sorted(path.name for path in folder.rglob("*") if path.is_file())
    kind = appearance(files)
    if kind is not None:
        return _refusal(name, kind)
    shown = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if files[5:] else "")
    return ArchiveError(
        f"{name} holds no SavedModel (a folder with saved_model.pb); it holds {shown or 'no file'}."
    )


def refuse_other_files(path: Path) -> None:
    """Refuse a file that is no archive and whose name says what it is instead.

    Raises:
        ArchiveError: For example ``model.onnx``.
    """
    kind = None if path.suffix.lower() in _ARCHIVES else appearance([path.name])
    if kind is not None and path.is_file():
        raise _refusal(path, kind)


def _refusal(name: Path, kind: Kind) -> ArchiveError:
    return ArchiveError(
        f"{name} appears to be {kind.name}, and a TensorFlow SavedModel is needed: {kind.remedy}."
    )
