"""What computes a model's answers: TensorFlow, or ONNX Runtime where that is not installed."""

from pathlib import Path
from typing import Literal

from ic_tf_sdk import extras
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference import onnx_record
from ic_tf_sdk.inference.answering_model import AnsweringModel

__all__ = ["RUNTIMES", "Runtime", "chosen", "needed", "onnx_place", "opened"]

Runtime = Literal["auto", "tensorflow", "onnx"]
"""``auto``: ONNX Runtime for an ONNX file, and where TensorFlow is not installed; else that."""

RUNTIMES = ("auto", "tensorflow", "onnx")
"""Its values."""

_SUFFIX = ".onnx"
_ARCHIVES = (".tar.gz", ".tgz", ".tar")


def chosen(model: str | Path, runtime: Runtime = "auto") -> Literal["tensorflow", "onnx"]:
    """What will answer.

    Args:
        model: A path; what it names need not be there.
        runtime: What is asked for.

    Raises:
        UserError: TensorFlow is asked for an ONNX file, or the runtime is none.
    """
    if runtime not in RUNTIMES:
        raise UserError(f"runtime must be one of {', '.join(RUNTIMES)}, not {runtime!r}.")
    if _is_onnx(model):
        if runtime == "tensorflow":
            raise UserError(
                f"{model} is an ONNX file, which TensorFlow does not run: leave the runtime out, "
                "or give the model.tar.gz."
            )
        return "onnx"
    if runtime == "auto":
        return (
            "onnx" if extras.has("onnxruntime") and not extras.has("tensorflow") else "tensorflow"
        )
    return runtime


def needed(model: str | Path, runtime: Runtime = "auto") -> tuple[str, ...]:
    """The modules that answer: what ``extras.require`` takes.

    Args:
        model: As for ``chosen``.
        runtime: Likewise.

    Raises:
        UserError: See ``chosen``.
    """
    return (
        ("tensorflow",) if chosen(model, runtime) == "tensorflow" else ("onnxruntime", "simplejpeg")
    )


def opened(
    model: str | Path,
    runtime: Runtime = "auto",
    *,
    threads: int | None = None,
    whole: bool = False,
) -> AnsweringModel:
    """A model, loaded.

    Args:
        model: A ``model.tar.gz``, its folder, or an ONNX file of `ic-tf export`.
        runtime: What shall answer. For ONNX Runtime an archive needs its ONNX file beside it, see
            ``onnx_place``.
        threads: Threads that ONNX Runtime computes with; None takes one a core. TensorFlow has its
            own for the whole process.
        whole: Whether TensorFlow loads all of it: for the bytes of TensorFlow Serving, and to say
            where it looks when the path is not there any more.

    Raises:
        ArchiveError: It is damaged, nothing that answers, or the ONNX file is not there or is of
            another model.
        MissingExtraError: What shall answer is not installed.
        UserError: See ``chosen``.
    """
    by_tensorflow = chosen(model, runtime) == "tensorflow"
    otherwise = "onnxruntime" if by_tensorflow and runtime == "auto" else None
    extras.require(*needed(model, runtime), otherwise=otherwise)
    if by_tensorflow:
        from ic_tf_sdk.inference import quiet_tensorflow
        from ic_tf_sdk.inference.served_model import ServedModel

        quiet_tensorflow.load()
        return ServedModel(model, whole=whole)
    from ic_tf_sdk.inference.portable.onnx_model import OnnxModel

    if _is_onnx(model):
        return OnnxModel(model, threads)
    return _beside(Path(model), threads)


def onnx_place(model: Path) -> Path:
    """Where the ONNX file of an archive or folder lies.

    Args:
        model: ``out/model.tar.gz``, or a folder.

    Returns:
        ``out/model.onnx``; of a folder ``model.onnx`` in it.
    """
    if model.is_dir():
        return model / f"model{_SUFFIX}"
    suffix = next((end for end in _ARCHIVES if model.name.lower().endswith(end)), "")
    return model.with_name(model.name[: len(model.name) - len(suffix)] + _SUFFIX)


def _beside(model: Path, threads: int | None) -> AnsweringModel:
    from ic_tf_sdk.inference.portable.onnx_model import OnnxModel

    if not model.exists():
        from ic_tf_sdk.contract import model_archive

        # Refused in the words of all doors.
        model_archive.existing(model)
    place = onnx_place(model)
    write = f"write it where TensorFlow is: `ic-tf export {model} --out {place}`"
    if not place.is_file():
        raise ArchiveError(
            f"{model} has no ONNX file to answer with beside it, {place}: {write}. It answers here "
            "as it is."
        )
    loaded = OnnxModel(place, threads)
    if loaded.source != onnx_record.digest(model):
        raise ArchiveError(
            f"{place} was not made of {model} as it is now, and would answer for another model: "
            f"remove it and {write}."
        )
    return loaded


def _is_onnx(model: str | Path) -> bool:
    path = Path(model)
    return path.suffix.lower() == _SUFFIX and not path.is_dir()
