"""The trained model as MLflow keeps models: for ``mlflow.tensorflow`` and ``mlflow.pyfunc``.

::

    MLmodel               what it is, and its signature
    data/                 the content of model.tar.gz; 1/ is the SavedModel
    code/                 what ``mlflow.pyfunc`` loads it with
    requirements.txt  python_env.yaml
"""

import importlib
import importlib.metadata
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.tracking import pyfunc_model

__all__ = ["ModelFlavor"]

_LOADER = "ic_tf_sdk_pyfunc_model"
_PACKAGES = ("mlflow-skinny", "pandas", "numpy")


class ModelFlavor:
    """What ``mlflow.models.Model.log`` asks of a flavor: to save the model.

    Args:
        content: The folder of the archive's content, with ``1/``.
        labels: Class names by class index.
        binary: Whether its one output is the second class's probability.
    """

    __name__ = "tensorflow"

    def __init__(self, content: Path, labels: Sequence[str], *, binary: bool) -> None:
        self._content, self._labels, self._binary = content, labels, binary

    def save_model(self, path: str, mlflow_model: Any, **_: Any) -> None:
        """Write the folder of the model.

        Args:
            path: The folder to create.
            mlflow_model: The description of it, which is completed.
        """
        folder = Path(path)
        shutil.copytree(self._content, folder / "data")
        (folder / "code").mkdir()
        shutil.copyfile(pyfunc_model.__file__, folder / "code" / f"{_LOADER}.py")
        _write_requirements(folder)
        mlflow_model.signature = self._signature()
        mlflow_model.add_flavor(
            "tensorflow", code=None, saved_model_dir="data/1", model_type="tf2-module"
        )
        pyfunc: Any = importlib.import_module("mlflow.pyfunc")
        pyfunc.add_to_model(
            mlflow_model,
            loader_module=_LOADER,
            data="data",
            code="code",
            python_env="python_env.yaml",
        )
        mlflow_model.save(str(folder / "MLmodel"))

    def _signature(self) -> Any:
        """Encoded images to what ``serving_default`` answers."""
        types: Any = importlib.import_module("mlflow.types")
        kinds: Any = importlib.import_module("mlflow.types.schema")
        models: Any = importlib.import_module("mlflow.models")
        numbers, texts = (kinds.Array(kinds.DataType[one]) for one in ("double", "string"))
        outputs = {"labels": texts, "predicted_label": "string"}
        if self._binary:
            outputs["positive_label"] = "string"
        outputs |= {"probabilities": numbers, "top_labels": texts, "top_probabilities": numbers}
        return models.ModelSignature(
            inputs=types.Schema([types.ColSpec("binary", "image_bytes")]),
            outputs=types.Schema([types.ColSpec(kind, name) for name, kind in outputs.items()]),
        )


def _write_requirements(folder: Path) -> None:
    pins = [f"tensorflow=={tf.__version__}"]
    pins += [f"{name}=={importlib.metadata.version(name)}" for name in _PACKAGES]
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n")
    (folder / "python_env.yaml").write_text(
        f"python: {platform.python_version()}\n"
        "build_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n"
    )
