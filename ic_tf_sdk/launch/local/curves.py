"""Accuracy and loss over the epochs beside each other, for a notebook."""

from collections.abc import Mapping, Sequence

from ic_tf_sdk.training.results.report import course

__all__ = ["curves"]


def curves(epochs: Sequence[Mapping[str, float]], exported: int | None = None) -> str:
    """HTML; nothing where there is no curve to draw.

    Args:
        epochs: Metric name -> value of each epoch.
        exported: The epoch, from 1, whose weights were exported; None leaves it out.
    """
    if len(epochs) < 2:
        return ""
    drawn = (course.curve(epochs, name, exported) for name in ("accuracy", "loss"))
    figures = "".join(
        f'<div style="flex:1 1 20rem;max-width:34rem">{svg}</div>' for svg in drawn if svg
    )
    return f'<div style="display:flex;flex-wrap:wrap">{figures}</div>' if figures else ""
