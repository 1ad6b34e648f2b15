"""A process on the user's machine leaves a GPU's memory to others."""

import pytest

from ic_tf_sdk.contract import gpu_memory


def test_memory_is_taken_as_it_is_needed():
    assert gpu_memory.variables({"PATH": "/bin"}) == {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}


@pytest.mark.parametrize("said", ["true", "false", ""])
def test_what_the_user_says_goes_before_it(said):
    assert gpu_memory.variables({"TF_FORCE_GPU_ALLOW_GROWTH": said}) == {}
