"""What an answer says: whose probability is whose, in which digits, and why there is none."""

import json

import pytest

from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.contract.container_answer import Form, RequestError

LABELS = ["Käfer", "蝶"]


def test_the_most_probable_label_is_named_and_of_equals_the_first() -> None:
    assert container_answer.predicted_index([0.2, 0.5, 0.3]) == 1
    assert container_answer.predicted_index([0.2, 0.4, 0.4]) == 1
    # Of one output the second label's is given.
    assert container_answer.predicted_index([0.7]) == 1
    assert container_answer.predicted_index([0.3]) == 0
    assert container_answer.predicted_index([0.5]) == 0


def test_one_output_has_a_probability_for_each_of_two_labels() -> None:
    assert container_answer.of_every_label([0.7], LABELS) == [0.3, 0.7]
    assert container_answer.of_every_label([0.1, 0.9], LABELS) == [0.1, 0.9]


def test_labels_and_reasons_stand_in_the_text_as_they_are() -> None:
    """Whoever reads an answer in a terminal reads the label, not a list of code points."""
    answer = {"probabilities": [0.25], "labels": LABELS, "predicted_label": "Käfer"}
    text = container_answer.response_body(answer, Form(verbose=True))
    assert '"Käfer"' in text
    assert '"蝶"' in text
    error = RequestError("406 Not Acceptable", "no 蝶")
    text = container_answer.error_body(error)
    assert "no 蝶" in text
    assert json.loads(text) == {"title": "Not Acceptable", "description": "no 蝶"}


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        (Form(calibrated=True), "calibrated=true"),
        (Form(unknown=True), "unknown=true"),
        (Form(calibrated=True, unknown=True), "calibrated=true and unknown=true"),
    ],
)
def test_a_model_that_lacks_answers_says_which_were_asked_for(form: Form, asked: str) -> None:
    assert f"has no answers for {asked}: it was" in str(container_answer.lacking(form))


# Of a float32 near these, seven digits are more than are needed.
@pytest.mark.parametrize("value", [0.000976565, 0.000976577, 0.000976599])
def test_a_number_of_six_digits_keeps_them(value: float) -> None:
    nearest = container_answer._float32(value)
    assert nearest != value
    assert float(f"{nearest:.7g}") != value
    assert container_answer.shortest(nearest) == value


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("no image", "no image"),
        ("{{function_node __wrapped__Assert}} assertion failed: [no image] [Op:Assert]",
         "no image"),
        ("assertion failed: [image of 9 pixels.]\n\t [[{{node decode/Assert}}]]",
         "image of 9 pixels"),
        ("Graph execution error:\n\nDetected at node\n  Invalid PNG [x].\n\n", "Invalid PNG [x]"),
        ("{{function_node a}} {{node b}} Unknown image file format.\n\t [[{{node c}}]] [Op:d]",
         "Unknown image file format"),
        # Nothing before the names of nodes: better those than no reason.
        ("[[{{node c}}]]", "[[]]"),
        ("first [[{{node a}}]] second [[{{node b}}]]", "first"),
    ],
)  # fmt: skip
def test_the_reason_of_a_failed_graph_is_told_without_its_nodes(message: str, reason: str) -> None:
    assert container_answer.plain_reason(message) == reason
