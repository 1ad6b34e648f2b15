"""A model that leaves less than half of a GPU for activations is warned of, and no other."""

import pytest

from ic_tf_sdk.launch.sagemaker.gpu_memory import memory_warning

T4 = "ml.g4dn.xlarge"
# Of sixteen bytes each they take 8 GiB: half of that GPU.
HALF = 8 * 2**30 / 16 / 1e6


def test_up_to_half_of_the_memory_nothing_is_said() -> None:
    assert memory_warning(HALF, T4) is None
    assert memory_warning(3.5, T4) is None


def test_beyond_half_the_need_the_gpu_and_the_way_out_are_said() -> None:
    said = memory_warning(HALF + 0.0004, T4)
    assert said is not None
    assert said.startswith("training all of its 536.871 million parameters takes 8.0 GiB for ")
    assert "a GPU of ml.g4dn.xlarge has 16 GiB. Set train_only_on_top to 'True'" in said
    twice = memory_warning(2 * HALF, T4)
    assert twice is not None
    assert "takes 16.0 GiB" in twice


@pytest.mark.parametrize("kind", ["ml.m5.xlarge", "ml.nothing.large"])
def test_of_a_machine_without_a_gpu_or_a_model_of_unknown_size_nothing_is_said(kind: str) -> None:
    assert memory_warning(10_000.0, kind) is None
    assert memory_warning(None, T4) is None
