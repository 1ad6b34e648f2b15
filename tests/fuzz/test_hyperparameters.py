"""Whatever is sent as a hyperparameter, it is the value that its text says, or it is refused."""

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ic_tf_sdk import hyperparameters
from ic_tf_sdk.errors import HyperparameterError, UserError
from ic_tf_sdk.specs.hyperparameters import ALIASES, Hyperparameters, parse, problems, texts
from ic_tf_sdk.training import environment
from tests.fuzz.damages import bounded, damaged, examples

MODEL = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
MOST_CHARACTERS = 3000
"""Of one sentence: it may quote what was given, and not all of it where that is long."""

SPELLINGS = [*Hyperparameters.model_fields, *ALIASES]
WORDS = [
    "True", "False", "true", "None", "none", "null", "nan", "inf", "-inf", "Infinity", "adam",
    "Adam", "bilinear", "precision", "auc", "balanced", "auto", "Auto", "1", "0", "-0", "1.0",
    "1e-3", "1E400", "1e-400", "0x10", "1_000", " 1", "1 ", "+1", "--1", "\u0661", "\uff11", "\xb2",
    "", "\0", "\udc80", "9" * 25, "9" * 4500, "0" * 4500 + "1", "x" * 500, "-" + "9" * 400,
]  # fmt: skip

_numbers = st.one_of(
    st.integers(),
    st.integers(-3, 1100),
    st.floats(),
    st.floats(-1.5, 1.5),
    st.decimals(),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), Decimal("1E+999999")]),
)
_of_numpy = st.sampled_from(
    [np.int64(3), np.float32(0.1), np.float64("nan"), np.bool_(True), np.str_("sgd"),
     np.array([1, 2]), np.array(["auc", "prc"]), np.array(5), np.zeros((2, 3)), np.array([])]
)  # fmt: skip
_texts = st.sampled_from(WORDS) | st.text(max_size=12) | _numbers.map(str)
_values = st.one_of(
    _texts, _texts, _numbers, st.booleans(), st.none(), _of_numpy, st.binary(max_size=5),
    st.recursive(
        _texts | _numbers,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ),
)  # fmt: skip
_names = st.one_of(
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS).map(lambda name: name.replace("_", "-")),
    st.sampled_from(SPELLINGS).map(lambda name: name[:-1]),
    st.sampled_from(["sagemaker_program", "_tuning_objective_metric", "sagemaker_", "x" * 500]),
    st.text(max_size=12),
)
GIVEN = st.dictionaries(_names, _values, max_size=6)


def assert_sentences(said: list[str]) -> None:
    for sentence in said:
        assert sentence.rstrip().endswith((".", "?", "'")), sentence[-80:]
        assert len(sentence) < MOST_CHARACTERS


def assert_in_range(found: Hyperparameters) -> None:
    """As a reader of the documentation takes it, not as pydantic does."""
    assert 1 <= found.epochs <= 1000
    assert 1 <= found.batch_size <= 1024
    assert 0 <= found.random_seed < 2**63
    assert 0 <= found.head_first_epochs <= 1000
    assert 0 <= found.clip_norm <= 1000
    for name, value in found.model_dump().items():
        assert type(value) in (int, float, bool, str), name
        if isinstance(value, float):
            assert math.isfinite(value), name
        if isinstance(value, float) and name != "clip_norm":
            assert (-1 if name.startswith("augmentation_random_") else 0) <= value <= 1, name
    assert found.binary_mode or found.eval_metric == "accuracy"


def check(values: Mapping[str, Any]) -> None:
    with bounded():
        said = problems(values)
    assert_sentences(said)
    if said:
        with pytest.raises(HyperparameterError) as refused:
            parse(values)
        assert refused.value.problems == said
        return
    found = parse(values)
    assert_in_range(found)
    # SageMaker sends text alone, which must mean the same.
    sent = texts(values)
    assert all(type(text) is str for text in sent.values())
    assert parse(sent) == found


@examples()
@example(values={"eval_metric": np.array(["auc", "prc"])})
@example(values={"\udc80": 1, "epochs": 0})
@given(values=GIVEN)
def test_values_of_any_kind_are_read_as_their_text_or_refused_in_sentences(
    values: dict[str, Any],
) -> None:
    check(values)


@examples()
@given(values=st.dictionaries(_names | st.integers() | st.none() | st.tuples(_names), _values))
def test_the_mirrored_function_refuses_with_every_problem_or_says_nothing(
    values: dict[Any, Any],
) -> None:
    try:
        with bounded():
            hyperparameters.validate(
                model_id=MODEL, model_version="*", hyperparameters=values, region="us-west-2"
            )
    except HyperparameterError as error:
        assert_sentences(error.problems)
        return
    known = {name for name in values if not name.startswith("sagemaker_")}
    assert problems({name: values[name] for name in known}) == []


_json = st.dictionaries(_names, _texts | st.booleans() | st.integers() | st.floats(), max_size=4)


@examples()
@given(data=st.data())
def test_a_jobs_variable_and_flags_are_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    sent = data.draw(_json)
    whole = json.dumps(sent).encode()
    content = data.draw(st.just(whole) | damaged(whole))
    variables = {"SM_HPS": content.decode(errors="surrogateescape")}
    flags = data.draw(st.lists(_flag, max_size=4))
    arguments = ["--training", "/t", "--model", "/m", *flags]
    try:
        with bounded():
            found = environment.read(arguments, variables)
    except UserError as error:
        assert_sentences([str(error)])
        return
    # The help of the command line, and no refusal.
    except SystemExit:
        assert any(flag.startswith(("-h", "--help")) for flag in flags)
        return
    assert found.training == Path("/t")
    if not flags and content == whole:
        left = {n for n in sent if not n.startswith("sagemaker_")}
        assert found.hyperparameters.keys() == left - {"model_dir", "_tuning_objective_metric"}
    assert_sentences(problems(found.hyperparameters))


_flag = st.one_of(
    st.builds(lambda name, text: f"--{name}={text}", _names, _texts),
    _names.map(lambda name: f"--{name}"),
    st.text(max_size=8),
    st.sampled_from(["--", "-", "--=", "---", "--epochs", "-h1"]),
)


@pytest.mark.parametrize("name", ["epochs", "learning_rate", "optimizer", "augmentation", "fish"])
def test_a_number_that_python_does_not_write_is_refused_in_a_sentence(name: str) -> None:
    """Python writes no integer of more than 4,300 digits, and hypothesis would have to."""
    for number in (10**5000, -(10**5000)):
        check({name: number})
        check({name: number, name.replace("_", "-"): 1})
        check({name: [number]})
        with pytest.raises(HyperparameterError):
            hyperparameters.validate(
                model_id=MODEL, model_version="*", hyperparameters={name: number, number: number}
            )


def test_a_long_name_or_value_is_shown_by_its_beginning() -> None:
    check({"class_weight": "x" * 1_000_000, "y" * 1_000_000: 1, "epochs": ["z" * 1_000_000]})
