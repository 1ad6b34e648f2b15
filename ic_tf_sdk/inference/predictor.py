"""A predictor that answers in this process what an endpoint would answer."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.contract import accept_header, container_answer, container_handler
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.errors import RequestRefusedError, UserError
from ic_tf_sdk.inference import batch, given_image
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.partial_rows import Row
from ic_tf_sdk.inference.predictions import Prediction, Predictions
from ic_tf_sdk.inference.runtime import Runtime, opened

if TYPE_CHECKING:
    from ic_tf_sdk.inference.explanation import Explanation

__all__ = ["LocalPredictor"]

_LABELS_SHOWN = 8


class LocalPredictor:
    """The endpoint's contract over a model archive, without a server.

    Where TensorFlow is not loaded yet, it is loaded without the lines that it writes by itself;
    ``TF_CPP_MIN_LOG_LEVEL`` asks for them. Where it is not installed, ONNX Runtime answers.

    A predictor can be pickled: whoever unpickles it loads the model anew, from the same path.

    Args:
        model: ``model.tar.gz`` of a training job or of ``ic-tf mirror``, or the folder that it was
            unpacked into; every layout that ``model_archive.opened`` takes. Or the ONNX file that
            ``ic-tf export MODEL --out model.onnx`` wrote.
        runtime: ``tensorflow`` or ``onnx``; ``auto`` takes ONNX Runtime for an ONNX file and where
            TensorFlow is not installed. For an archive ``onnx`` needs that file beside it, of the
            same name: ``out/model.onnx`` for ``out/model.tar.gz``.

    Raises:
        ArchiveError: It is damaged, or nothing that classifies images.
        MissingExtraError: What shall answer is not installed.
        UserError: TensorFlow is asked for an ONNX file, or the runtime is none of the three.

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

    def __init__(self, model: str | Path, *, runtime: Runtime = "auto") -> None:
        self._given = str(model), runtime
        # Whole: its answers are byte for byte an endpoint's, through the signature.
        self._model = opened(model, runtime, whole=True)
        self.labels = self._model.labels

    def __reduce__(self) -> tuple[object, ...]:
        return _unpickled, self._given

    def __repr__(self) -> str:
        shown = ", ".join(map(visible, self.labels[:_LABELS_SHOWN]))
        more = ", ..." if len(self.labels) > _LABELS_SHOWN else ""
        return f"LocalPredictor of {len(self.labels)} classes: {shown}{more}"

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

    def rows(
        self,
        images: Sequence[bytes | str | Path],
        names: Sequence[str] | None = None,
        *,
        calibrated: bool = False,
        unknown: bool = False,
    ) -> list[Row]:
        """Classify many images, of which some may be damaged: the rows of `ic-tf predict`.

        Args:
            images: Each the bytes of an image file, a path or an S3 URI. An image that cannot be
                read or decoded fails no other one.
            names: What each is called in its row; None takes the path, and of bytes their number
                (``image 1``).
            calibrated: Whether probabilities say how often such an answer is right.
            unknown: Whether to say of each image that it is perhaps of no class.

        Returns:
            For each, in their order: ``image``, its name, with ``probabilities``, ``labels`` and
            ``predicted_label`` (and ``positive_label`` in binary mode, ``unknown`` and
            ``unknown_score`` where asked for), or with ``error``, why there is no answer.

        Raises:
            StorageError: S3 refuses, or is not there.
            UserError: There are not as many names as images, or the model has no such answers.

        Example:
            >>> from ic_tf_sdk import embedded
            >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
            >>> LocalPredictor(model).rows([b"no image"], ["a.jpg"])[0]["image"]
            'a.jpg'
        """
        if names is None:
            names = [given_image.name_of(image, index) for index, image in enumerate(images)]
        if len(names) != len(images):
            raise UserError(f"There are {len(images)} images and {len(names)} names for them.")
        form = batch.VERBOSE._replace(calibrated=calibrated, unknown=unknown)
        sources = [
            SourceImage(name, partial(given_image.content, image))
            for name, image in zip(names, images, strict=True)
        ]
        return list(batch.predict(self._model, sources, form))

    def explain(self, image: object, label: str | None = None) -> "Explanation":
        """Say which part of an image the answer hangs on, as a picture.

        How the label's probability changes with each pixel, over noisy copies of the image; where
        that says nothing, by hiding one part after the other. It costs some 50 answers.

        Args:
            image: As for ``classify``, one.
            label: The label to ask about; None takes the answer.

        Returns:
            ``label``, ``heat`` [height, width], which sums to 1, ``method``, and ``png``, the image
            with the heat coloured in, which a notebook shows.

        Raises:
            UserError: It is no image, cannot be decoded, the model has no such label, or it is not
                TensorFlow that answers.
            StorageError: S3 refuses, or is not there.

        Example:
            >>> from PIL import Image
            >>> from ic_tf_sdk import embedded
            >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
            >>> predictor = LocalPredictor(model)
            >>> found = predictor.explain(Image.new("RGB", (60, 40), "orange"))
            >>> found.heat.shape
            (96, 96)
        """
        from ic_tf_sdk.inference import explanation

        try:
            return explanation.explain(self._model, given_image.encoded(image), label)
        except container_answer.RequestError as error:
            raise UserError(f"{visible(given_image.name_of(image, 0))}: {error}") from error

    def classify(self, *images: object) -> Predictions:
        """Classify images as one has them in a notebook, which shows the answers with pictures.

        Args:
            images: Each a path, an S3 URI, the bytes of an image file, a ``PIL.Image.Image``, or an
                array of uint8, 0 to 255, [height, width] or [height, width, 1, 3 or 4]; or one
                list of such.

        Returns:
            One :class:`Prediction` for each: ``image``, ``label``, ``probability`` and
            ``probabilities``, class -> probability, the likeliest first.

        Raises:
            UserError: Something is no image, or cannot be decoded; the first such.
            StorageError: S3 refuses, or is not there.

        Example:
            >>> from PIL import Image
            >>> from ic_tf_sdk import embedded
            >>> model = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
            >>> predictor = LocalPredictor(model)
            >>> answers = predictor.classify(Image.new("RGB", (60, 40), "orange"))
            >>> answers[0].label in predictor.labels
            True
        """
        some = images[0] if len(images) == 1 and isinstance(images[0], list | tuple) else images
        assert isinstance(some, Sequence)
        encoded = [given_image.encoded(image) for image in some]
        sources = [
            SourceImage(given_image.name_of(given, index), lambda image=image: image)  # type: ignore[misc]
            for index, (given, image) in enumerate(zip(some, encoded, strict=True))
        ]
        rows = list(batch.predict(self._model, sources))
        if wrong := [f"{visible(row['image'])}: {row['error']}" for row in rows if "error" in row]:
            raise UserError("\n".join(wrong))
        return Predictions([_prediction(row) for row in rows], encoded)


def _unpickled(model: str, runtime: Runtime) -> LocalPredictor:
    return LocalPredictor(model, runtime=runtime)


def _prediction(row: Row) -> Prediction:
    shares = container_answer.of_every_label(row["probabilities"], row["labels"])
    pairs = sorted(zip(row["labels"], shares, strict=True), key=lambda pair: -pair[1])
    return Prediction(row["image"], row["predicted_label"], max(shares), dict(pairs))
