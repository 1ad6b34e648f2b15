"""The size rule: what is written in the records is what it says, and it is monotone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk import specs
from ic_tf_sdk.specs.size_rule import default_overrides

SPECS = [specs.get(model_id) for model_id in specs.model_ids()]
MILLIONS = st.floats(min_value=0.01, max_value=5000)
PIXELS = st.integers(min_value=1, max_value=4096 * 4096)


def test_records_hold_what_the_rule_gives():
    for spec in SPECS:
        expected = default_overrides(
            parameters_millions=spec.parameters_millions, pixels=spec.pixels
        )
        assert spec.hyperparameters["batch_size"] == str(expected["batch_size"])
        assert spec.hyperparameters["train_only_on_top"] == str(expected["train_only_on_top"])


def test_large_models_train_their_top_in_small_batches_and_others_do_not():
    for spec in SPECS:
        large = (spec.parameters_millions or 0) >= 40
        batch_size = int(spec.hyperparameters["batch_size"])
        assert spec.hyperparameters["train_only_on_top"] == str(large)
        assert batch_size < 32 if large else batch_size == 32
    assert {spec.hyperparameters["batch_size"] for spec in SPECS} == {"32", "16", "8", "4"}


def test_no_model_of_the_catalogue_has_larger_batches_than_a_smaller_one():
    for small in SPECS:
        for big in SPECS:
            if (small.parameters_millions or 0) <= (big.parameters_millions or 0) and (
                small.pixels <= big.pixels
            ):
                assert int(small.hyperparameters["batch_size"]) >= int(
                    big.hyperparameters["batch_size"]
                ), (small.model_id, big.model_id)


@given(millions=MILLIONS, more=MILLIONS, pixels=PIXELS, more_pixels=PIXELS)
def test_rule_never_grows_with_parameters_or_pixels(millions, more, pixels, more_pixels):
    small = default_overrides(parameters_millions=millions, pixels=pixels)
    big = default_overrides(parameters_millions=millions + more, pixels=pixels + more_pixels)
    assert 1 <= big["batch_size"] <= small["batch_size"] <= 32
    assert small["train_only_on_top"] <= big["train_only_on_top"]


@pytest.mark.parametrize(
    ("millions", "batch_size", "top"),
    [
        (None, 32, False),
        (0.0, 32, False),
        (39.99, 32, False),
        (40.0, 16, True),
        (99.99, 16, True),
        (100.0, 8, True),
        (299.99, 8, True),
        (300.0, 4, True),
        (1000.0, 4, True),
    ],
)
def test_each_step_of_the_rule_begins_where_it_says(millions, batch_size, top):
    found = default_overrides(parameters_millions=millions, pixels=224 * 224)
    assert found == {"batch_size": batch_size, "train_only_on_top": top}


@pytest.mark.parametrize(
    ("pixels", "batch_size"),
    [
        (448 * 448, 16),
        (448 * 448 + 1, 8),
        (2 * 448 * 448, 8),
        (2 * 448 * 448 + 1, 4),
        (16 * 448 * 448, 1),
        (32 * 448 * 448, 1),
    ],
)
def test_a_step_of_a_large_model_has_a_bound_of_pixels(pixels, batch_size):
    assert default_overrides(parameters_millions=50, pixels=pixels)["batch_size"] == batch_size
    assert default_overrides(parameters_millions=20, pixels=pixels)["batch_size"] == 32
