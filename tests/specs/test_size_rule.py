"""The size rule: what is written in the records is what it says, and it is monotone."""

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
