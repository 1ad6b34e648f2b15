"""Rows of answers, of what a network gives for a batch."""

import numpy as np
import pytest

from ic_tf_sdk.contract.container_answer import PROBABILITIES, Form, RequestError
from ic_tf_sdk.inference.answering_model import AnsweringModel
from tests.inference.plain_model import PlainModel

OUTPUTS = {
    "probabilities": np.array([[0.75, 0.25], [0.25, 0.75]]),
    "calibrated_probabilities": np.array([[0.5, 0.5], [0.125, 0.875]]),
    "unknown_score": np.array([-1.0, 2.0]),
}
LABELS = ["dark", "light"]


def test_each_row_is_answered_in_its_form() -> None:
    model: AnsweringModel = PlainModel()
    plain, calibrated = model.answers(OUTPUTS, [PROBABILITIES, Form(calibrated=True)])
    assert plain == {
        "probabilities": [0.75, 0.25],
        "labels": LABELS,
        "predicted_label": "dark",
        "unknown_score": -1.0,
    }
    assert calibrated["probabilities"] == [0.125, 0.875]
    assert (calibrated["predicted_label"], calibrated["unknown_score"]) == ("light", 2.0)


def test_without_scores_none_is_answered() -> None:
    [row] = PlainModel().answers({"probabilities": np.array([[0.5, 0.5]])}, [PROBABILITIES])
    assert row == {"probabilities": [0.5, 0.5], "labels": LABELS, "predicted_label": "dark"}


def test_a_form_that_the_model_has_not_is_refused() -> None:
    model = PlainModel()
    model.require(PROBABILITIES)
    with pytest.raises(RequestError, match="no answers for calibrated=true") as refused:
        model.require(Form(calibrated=True))
    assert refused.value.status == "406 Not Acceptable"
