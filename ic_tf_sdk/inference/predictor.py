"""A predictor that answers in this process what an endpoint would answer."""

from collections.abc import Mapping
from pathlib import Path

from ic_tf_sdk.contract import accept_header, container_answer, container_handler
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.errors import RequestRefusedError
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["LocalPredictor"]


class LocalPredictor:
    """The endpoint's contract over a model archive, without a server.

    Args:
        model: ``model.tar.gz`` of a training job or of ``ic-tf mirror``, or the folder that it was
            unpacked into; every layout that ``model_archive.opened`` takes.

    Raises:
        ArchiveError: It is damaged, or nothing that classifies images.
        MissingExtraError: TensorFlow is not installed.

    Attributes:
        labels: Class names by class index.

    Example:
        >>> import io, json
        >>> from PIL import Image
        >>> from ic_tf_sdk import embedded
        >>> photo = io.BytesIO()
        >>> Image.new("RGB", (60, 40), "orange").save(photo, "PNG")
        >>> predictor = LocalPredictor(embedded.archive_path(embedded.MODEL_IDS[0], "inference"))
        >>> answer = predictor.predict(photo.getvalue(), {"Accept": "application/json;verbose"})
        >>> sorted(json.loads(answer))
        ['labels', 'predicted_label', 'probabilities']
    """

    def __init__(self, model: str | Path) -> None:
        self._model = ServedModel(model)
        self.labels = self._model.labels

    def predict(self, data: bytes, initial_args: Mapping[str, str] | None = None) -> bytes:
        """Classify one image.

        Args:
            data: An encoded JPEG or PNG, or JSON with one in base64.
            initial_args: ``ContentType`` (default ``application/x-image``) and ``Accept`` (default
                ``application/json``), as the SageMaker SDK's ``Predictor.predict`` takes them.

        Returns:
            The response's body: JSON text, UTF-8.

        Raises:
            RequestRefusedError: With the status that an endpoint would answer.
            UserError: The setting of the most pixels is no number.
        """
        headers = dict(initial_args or {})
        content_type = headers.get("ContentType", "application/x-image")
        try:
            container_handler.check_content_type(content_type)
            form = accept_header.read_accept(headers.get("Accept"))
            image = container_handler.read_image(data, content_type, most_pixels())
            prediction = self._model.predict([image], form)[0]
        except container_answer.RequestError as error:
            raise RequestRefusedError(error.status, str(error)) from error
        return container_answer.response_body(prediction, form).encode()
