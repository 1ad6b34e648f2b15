"""How sure the model is beside how often it is right."""

from typing import Any

from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.pages import chart, reliability_chart
from ic_tf_sdk.pages.markup import table, text
from ic_tf_sdk.pages.reliability_chart import Bin
from ic_tf_sdk.training.results import calibration
from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["sureness"]

_FORMS = {"": "as served", "calibrated_": "calibrated"}
_CAPTION = (
    "Each point stands for as many images. Below the dotted line the model is surer than it is "
    "right, above it less sure."
)


def sureness(evaluation: Evaluation) -> str:
    """The reliability picture and its figures, as HTML; nothing where that is not known.

    Args:
        evaluation: The answers.
    """
    said = calibration.summary(evaluation)
    forms = {form: name for form, name in _FORMS.items() if f"{form}ece" in said}
    if not forms:
        return ""
    errors = [[name, said[f"{form}ece"], said[f"{form}log_loss"]] for form, name in forms.items()]
    sentence = calibration.sentence(evaluation.calibration or Calibration())
    bins = {name: said[f"{form}reliability"] for form, name in forms.items()}
    lines = {name: [Bin(**one) for one in every] for name, every in bins.items()}
    drawn = chart.figure(reliability_chart.draw("How sure, how right", lines), _CAPTION)
    heads = ["probabilities", "calibration error", "log loss"]
    return (
        f"<section><h2>How sure, how right</h2><p>{text(sentence)}</p>"
        f'<div class="columns">{drawn}<div>{table(heads, errors, caption="Calibration")}'
        f"<details><summary>The points</summary>{_points(bins)}</details></div></div></section>"
    )


def _points(bins: dict[str, list[dict[str, Any]]]) -> str:
    return "".join(
        table(
            ["images", "mean probability", "share right"],
            [[one["images"], one["confidence"], one["accuracy"]] for one in every],
            caption=f"Reliability, {name}",
        )
        for name, every in bins.items()
    )
