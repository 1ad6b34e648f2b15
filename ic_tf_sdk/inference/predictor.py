"""A predictor that answers in this process what an endpoint would answer."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ic_tf_sdk.archive import extract
from ic_tf_sdk.errors import ArchiveError, MissingExtraError, RequestRefusedError
from ic_tf_sdk.inference import container_handler
from ic_tf_sdk.specs import model_info

__all__ = ["LocalPredictor"]


class LocalPredictor:
    """The endpoint's contract over a model archive, without a server.

    Args:
        model: ``model.tar.gz`` of a training job, or the folder it was unpacked into.

    Raises:
        ArchiveError: It is not the output of a training job.
        MissingExtraError: TensorFlow is not installed.

    Attributes:
        labels: Class names by class index.
    """

    def __init__(self, model: str | Path) -> None:
        path = Path(model)
        if not path.exists():
            raise ArchiveError(
                f"The model {path} does not exist; give a model.tar.gz or its folder."
            )
        with tempfile.TemporaryDirectory(prefix="ic-tf-predict-") as temporary:
            folder = path
            if path.is_file():
                folder = Path(temporary) / "model"
                extract(path, folder)
            info = model_info.read(folder)
            if info is None or info.fine_tuning is None:
                raise ArchiveError(
                    f"{path} is not the output of a training job: it has no "
                    f"{model_info.FILE_NAME} of a fine-tuned model. Fine-tune with `ic-tf fit`."
                )
            self.labels = info.fine_tuning.labels
            self._loaded = _load(folder / "1")
        self._signature = self._loaded.signatures["serving_default"]

    def predict(self, data: bytes, initial_args: Mapping[str, str] | None = None) -> bytes:
        """Classify one image.

        Args:
            data: An encoded JPEG or PNG.
            initial_args: ``ContentType`` (default ``application/x-image``) and ``Accept`` (default
                ``application/json``), as the SageMaker SDK's ``Predictor.predict`` takes them.

        Returns:
            The response's body: JSON text, UTF-8.

        Raises:
            RequestRefusedError: With the status that an endpoint would answer.
        """
        headers = dict(initial_args or {})
        try:
            container_handler.check_content_type(headers.get("ContentType", "application/x-image"))
            verbose = container_handler.wants_verbose(headers.get("Accept", "application/json"))
            prediction = self._predict(data)
        except container_handler.RequestError as error:
            raise RequestRefusedError(error.status, str(error)) from error
        return container_handler.response_body(prediction, verbose=verbose).encode()

    def _predict(self, data: bytes) -> dict[str, Any]:
        import tensorflow as tf

        try:
            found = self._signature(image_bytes=tf.constant([data]))
        except tf.errors.InvalidArgumentError as error:
            raise container_handler.undecodable(error.message) from error
        return {
            "probabilities": found["probabilities"][0].numpy().tolist(),
            "labels": [label.decode() for label in found["labels"][0].numpy()],
            "predicted_label": found["predicted_label"][0].numpy().decode(),
        }


def _load(folder: Path) -> Any:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise MissingExtraError("TensorFlow", "train") from error
    return tf.saved_model.load(str(folder))
