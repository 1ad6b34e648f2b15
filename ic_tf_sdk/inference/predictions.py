"""What a model says of some images, as a notebook shows it."""

import base64
import html
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract.plain_text import visible

__all__ = ["Prediction", "Predictions"]

_SHOWN = 20  # Images of a notebook's table.
_BEST = 3  # Classes of each.
_SIDE = 96  # Pixels of a thumbnail's longer side.


class Prediction(NamedTuple):
    """What a model says of one image.

    Attributes:
        image: Its path, or what number it has.
        label: The likeliest class.
        probability: Of that class, 0 to 1.
        probabilities: Class -> probability, the likeliest first.
    """

    image: str
    label: str
    probability: float
    probabilities: dict[str, float]

    def __str__(self) -> str:
        return visible(f"{self.image}: {self.label} ({self.probability:.3f})")


class Predictions(Sequence[Prediction]):
    """Predictions in the order of the images; a notebook shows them with their pictures.

    Args:
        predictions: One for each image.
        encoded: The images, encoded.
    """

    def __init__(self, predictions: Sequence[Prediction], encoded: Sequence[bytes]) -> None:
        self._predictions = tuple(predictions)
        self._encoded = tuple(encoded)

    def __getitem__(self, index: int) -> Prediction:  # type: ignore[override]
        return self._predictions[index]

    def __len__(self) -> int:
        return len(self._predictions)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield from map(str, self._predictions[:_SHOWN])
        if len(self) > _SHOWN:
            yield f"... {len(self) - _SHOWN} more"

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{_thumbnail(image)}</td><td>{_text(one.image)}</td>"
            f"<td>{_likeliest(one)}</td></tr>"
            for one, image in zip(self._predictions[:_SHOWN], self._encoded, strict=False)
        ]
        more = f"<p>{len(self) - _SHOWN} more</p>" if len(self) > _SHOWN else ""
        return f"<table><tr><th></th><th>image</th><th>class</th></tr>{''.join(rows)}</table>{more}"


def _likeliest(one: Prediction) -> str:
    best = list(one.probabilities.items())[:_BEST]
    return "<br>".join(f"{_text(label)} {share:.3f}" for label, share in best)


def _thumbnail(image: bytes) -> str:
    """A small picture as a data URL; nothing without Pillow, or where Pillow cannot read it."""
    if not extras.has("PIL"):
        return ""
    from PIL import Image, ImageOps

    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(image))).convert("RGB")
    except (OSError, ValueError):
        return ""
    picture.thumbnail((_SIDE, _SIDE))
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}">'


def _text(value: str) -> str:
    return html.escape(visible(value))
