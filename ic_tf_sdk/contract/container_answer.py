"""What an endpoint answers: a prediction as JSON or CSV, or a refusal; whose probability is whose.

Copied into every model archive in front of ``container_handler``, see ``handler_file``: it imports
the standard library alone. The local endpoint, the local predictor and the evaluation ask it too.
"""

import csv
import io
import json
import re
import struct
from typing import Any, NamedTuple

# First bytes -> the kind of file. The first match counts.
_KINDS = (
    (rb"\xff\xd8\xff", "a JPEG image"),
    (rb"\x89PNG\r\n\x1a\n", "a PNG image"),
    (rb"GIF8", "a GIF image"),
    (rb"RIFF....WEBP", "a WebP image"),
    (rb"....ftyp(?:hei|mif)", "a HEIC image"),
    (rb"....ftypavif", "an AVIF image"),
    (rb"II\*\0|MM\0\*", "a TIFF image"),
    (rb"BM.{8}", "a BMP image"),
    (rb"%PDF", "a PDF document"),
    (rb"PK\x03\x04", "a ZIP archive"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"\s*<", "HTML or XML"),
    (rb"\s*[{\[]", "JSON"),
    (rb"[\t\n\r\x20-\x7e]+$", "text"),
)


JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
ANSWER_TYPES = (JSON, JSON_LINES, CSV)
"""The media types of answers, in the order in which they are preferred."""

PLAIN, CALIBRATED, UNKNOWN = "serving_default", "calibrated", "unknown"
"""Signatures of encoded images: the second one's probabilities are calibrated; both it and the
third one say how far an image is from all classes."""


class RequestError(Exception):
    """A request that cannot be answered, most often by the caller's fault.

    Attributes:
        status: The HTTP status, with its reason phrase.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Form(NamedTuple):
    """What an answer shall hold.

    Attributes:
        verbose: Labels and the predicted label, too.
        n_predictions: Only so many labels, the most probable first; None for all in class order.
        media_type: One of ``ANSWER_TYPES``.
        calibrated: Calibrated probabilities in place of the network's own.
        unknown: Whether the image is perhaps of no class, too.
    """

    verbose: bool = False
    n_predictions: int | None = None
    media_type: str = JSON
    calibrated: bool = False
    unknown: bool = False

    @property
    def signature(self) -> str:
        """The signature of the SavedModel that answers so."""
        return CALIBRATED if self.calibrated else UNKNOWN if self.unknown else PLAIN

    @property
    def signatures(self) -> tuple[str, ...]:
        """The signatures that a model has which can answer so."""
        return (PLAIN, *(CALIBRATED,) * self.calibrated, *(UNKNOWN,) * self.unknown)


PROBABILITIES = Form()
"""The answer to a request that asks for nothing else."""


def lacking(form: Form) -> RequestError:
    """The error of a model that has no signature for a form of answer.

    Args:
        form: From ``read_accept``.
    """
    asked = " and ".join(f"{name}=true" for name in form.signatures[1:])
    return RequestError(
        "406 Not Acceptable",
        f"This model has no answers for {asked}: it was trained without validation images, or not "
        "by a version of ic-tf-sdk that makes them. Ask without, or train it again with validation "
        "images.",
    )


def response_body(prediction: dict[str, Any], form: Form) -> str:
    """The text of an answer.

    JSON is an object; of JSON lines it is a line. A row of CSV is what SageMaker Clarify reads: the
    probabilities by class index; or, with labels, the list of labels and that of probabilities.

    Args:
        prediction: ``probabilities``, a list of float32 values; ``labels``; ``predicted_label``;
            and ``unknown_score``, where the form asks for it.
            One probability for two labels is that of the second, the positive one.
        form: From ``read_accept``.

    Raises:
        ValueError: A probability is not a number; the model is broken.
    """
    probabilities = [shortest(value) for value in prediction["probabilities"]]
    labels = prediction["labels"]
    answer: dict[str, Any] = {"probabilities": probabilities}
    if form.n_predictions is not None:
        every = of_every_label(probabilities, labels)
        best = sorted(range(len(labels)), key=lambda i: -every[i])[: form.n_predictions]
        answer = {"probabilities": [every[i] for i in best], "labels": [labels[i] for i in best]}
    elif form.verbose:
        answer["labels"] = labels
    if len(answer) > 1:
        answer["predicted_label"] = prediction["predicted_label"]
        if len(probabilities) < len(labels):
            answer["positive_label"] = labels[1]
    if form.unknown:
        answer["unknown"] = prediction["unknown_score"] > 0
        answer["unknown_score"] = shortest(prediction["unknown_score"])
    if form.media_type == CSV:
        return _row(answer)
    return _json(answer) + ("\n" if form.media_type == JSON_LINES else "")


def _row(answer: dict[str, Any]) -> str:
    """A row of CSV, one column a class; with labels, a column of them and one of probabilities.

    Whether the image is unknown, and its score, are the last columns.
    """
    cells = answer["probabilities"]
    if "labels" in answer:
        cells = [answer["labels"], answer["probabilities"]]
    cells = [*cells, *(answer[name] for name in ("unknown", "unknown_score") if name in answer)]
    text = io.StringIO()
    # A JSON list begins with a bracket: no cell is a formula.
    csv.writer(text, lineterminator="\n").writerow(map(_json, cells))  # noqa: TID251
    return text.getvalue()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def both_labels(positive: Any) -> tuple[Any, Any]:
    """The probabilities of both labels, from the one output of binary mode.

    Args:
        positive: The second label's probability, 0 to 1: a float, or an array or tensor of floats.

    Returns:
        The first label's and the second label's, each of the same kind and shape.
    """
    return 1.0 - positive, positive


def of_every_label(probabilities: list[float], labels: list[str]) -> list[float]:
    """A probability for each label, float32 values in their shortest digits.

    Args:
        probabilities: One for each label; or, in binary mode, the second label's alone.
        labels: In class order.
    """
    if len(probabilities) == len(labels):
        return probabilities
    negative, positive = both_labels(_float32(probabilities[0]))
    return [shortest(negative), shortest(positive)]


def predicted_index(probabilities: list[float]) -> int:
    """The class index that an answer names: the most probable, of equals the first.

    Args:
        probabilities: One for each label; or, in binary mode, the second label's alone. There 0.5
            is a tie, and names the first label.
    """
    every = probabilities if len(probabilities) > 1 else both_labels(probabilities[0])
    return max(range(len(every)), key=every.__getitem__)


def shortest(value: float) -> float:
    """The number with the fewest digits that is the same float32.

    A float32 reads 0.8999999761581421 as a double and 0.9 as itself. Written so, it is the same
    text whether it came from an array or through the JSON of TensorFlow Serving.

    Args:
        value: A float32, or a decimal fraction that rounds to it.
    """
    exact = _float32(value)
    for digits in (6, 7, 8):
        candidate = float(f"{exact:.{digits}g}")
        if _float32(candidate) == exact:
            return candidate
    return float(f"{exact:.9g}")


def error_body(error: RequestError) -> str:
    """The JSON text of a refusal, as the container's service writes it."""
    return json.dumps({"title": error.status[4:], "description": str(error)}, ensure_ascii=False)


def undecodable(message: str, image: bytes) -> RequestError:
    """The error of a body that is no readable image.

    Args:
        message: TensorFlow's.
        image: What it could not decode.
    """
    return RequestError(
        "400 Bad Request",
        f"The image cannot be decoded: {plain_reason(message)}. Its {len(image)} bytes begin like "
        f"{apparent_kind(image)}.",
    )


def apparent_kind(data: bytes) -> str:
    """What the first bytes of a file look like, with its article: ``"a PNG image"``."""
    head = data[:64]
    for pattern, kind in _KINDS:
        if re.match(pattern, head, re.DOTALL):
            return kind
    return "nothing known"


def plain_reason(message: str) -> str:
    """TensorFlow's reason for an error, less the names of graph nodes around it.

    Args:
        message: For example ``"{{function_node x}} assertion failed: [no image] [Op:y]"``.

    Returns:
        ``"no image"``.
    """
    text = re.split(r"\s*\[\[\{\{|\s*\[Op:", message)[0]
    lines = [line for line in text.splitlines() if line.strip()] or [message]
    reason = re.sub(r"\{\{[^}]*\}\}\s*", "", lines[-1]).strip()
    if reason.startswith("assertion failed: "):
        reason = re.sub(r"[\[\]]", "", reason.removeprefix("assertion failed: "))
    return reason.rstrip(".")


def _float32(value: float) -> float:
    nearest: float = struct.unpack("f", struct.pack("f", value))[0]
    return nearest
