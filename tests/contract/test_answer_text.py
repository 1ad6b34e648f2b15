"""Answers read back: of each media type the same fields that were written."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.answer_text import read_answer
from ic_tf_sdk.contract.container_answer import (
    ANSWER_TYPES,
    CSV,
    Form,
    predicted_index,
    response_body,
)


def prediction(labels: list[str], probabilities: list[float]) -> dict[str, Any]:
    best = labels[predicted_index(probabilities)]
    return {"probabilities": probabilities, "labels": labels, "predicted_label": best}


@st.composite
def predictions(draw: st.DrawFn) -> dict[str, Any]:
    labels = draw(st.lists(st.text(), min_size=2, max_size=6, unique=True))
    count = draw(st.sampled_from([1, 2])) if len(labels) == 2 else len(labels)
    values = st.floats(0, 1, width=32)
    return prediction(labels, draw(st.lists(values, min_size=count, max_size=count)))


@given(predictions(), st.booleans(), st.none() | st.integers(1, 7), st.sampled_from(ANSWER_TYPES))
def test_every_form_reads_as_the_json_of_the_same_answer(
    answer: dict[str, Any], verbose: bool, n_predictions: int | None, media_type: str
) -> None:
    form = Form(verbose, n_predictions)
    expected = json.loads(response_body(answer, form))
    if media_type == CSV and n_predictions is not None:
        # It stands in no column.
        expected.pop("positive_label", None)
    assert read_answer(response_body(answer, form._replace(media_type=media_type))) == expected


def test_a_row_of_many_labels_is_read() -> None:
    labels = [f"n{i:08}" for i in range(21_843)]
    values = np.random.default_rng(0).random(len(labels), np.float32)
    text = response_body(prediction(labels, values.tolist()), Form(True, None, CSV))
    assert len(text) > 1 << 18
    answer = read_answer(text)
    assert answer["labels"] == labels
    assert answer["predicted_label"] == labels[values.argmax()]


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "[1]", "daisy,rose", "0.1,0.2\n0.3,0.4", "0.1,,0.2", "NaN,0.1", "1e999",
        "true,false",
        '"0.1","0.9"', '{"a": 1', "<xml/>", '"[""a""]","[0.1, 0.9]"', '"[1, 2]","[0.1, 0.9]"',
        '"[""a"", ""b""]","[]"', '"[""a"", ""b""]","[[0.1], [0.9]]"', '"[""a""]"', '""', '"',
        '"[""a"", ""b"", ""c""]",[0.5]',
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_answer(text)


def test_of_two_labels_with_a_probability_each_the_more_probable_is_the_answer() -> None:
    answers = [read_answer(f'"[""a"", ""b""]","[{row}]"') for row in ("0.2, 0.8", "0.8, 0.2")]
    assert [answer["predicted_label"] for answer in answers] == ["b", "a"]


def test_the_one_label_of_a_row_is_the_answer_however_sure_it_is() -> None:
    for share in (0.2, 0.8):
        assert read_answer(f'"[""a""]","[{share}]"') == {
            "probabilities": [share],
            "labels": ["a"],
            "predicted_label": "a",
        }
