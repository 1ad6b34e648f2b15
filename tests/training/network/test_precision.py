"""bfloat16: chosen for the backbones that gain, exact enough not to change what is answered."""

import pytest

from ic_tf_sdk.specs.hyperparameters import parse


@pytest.mark.parametrize(
    ("value", "parameters", "flags", "expected"),
    [
        ("off", 25_000_000, "fpu avx512f avx512_bf16", False),
        ("auto", 25_000_000, "fpu avx512f avx512_bf16", True),
        ("auto", 25_000_000, "fpu avx512f amx_bf16 amx_tile", True),
        ("auto", 25_000_000, "fpu avx2", False),
        # A name that only begins alike is another instruction set.
        ("auto", 25_000_000, "fpu avx512_bf16_of_the_future", False),
        ("auto", 2_300_000, "fpu avx512f avx512_bf16", False),
        ("bfloat16", 2_300_000, "fpu avx2", True),
    ],
)
def test_auto_takes_bfloat16_where_processor_and_backbone_gain_from_it(
    value: str, parameters: int, flags: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.network import precision

    monkeypatch.setattr(precision, "processor_flags", lambda: flags)
    given = parse({"mixed_precision": value})
    assert precision.chosen(given, parameters=parameters) is expected


def test_features_in_bfloat16_are_rounded_and_nearly_the_same() -> None:
    import numpy as np
    import tensorflow as tf
    import tf_keras

    from ic_tf_sdk.training.network import precision

    if "avx512" not in precision.processor_flags():
        pytest.skip("TensorFlow has no bfloat16 kernels for this processor")
    tf_keras.utils.set_random_seed(1)
    convolution = tf_keras.layers.Conv2D(64, 3)
    convolution.build((None, 64, 64, 32))
    images = tf.random.stateless_uniform([8, 64, 64, 32], [1, 2])
    found = {}
    try:
        for bfloat16 in (False, True):
            precision.apply(bfloat16=bfloat16)
            found[bfloat16] = tf.function(convolution)(images).numpy()
    finally:
        precision.apply(bfloat16=False)
    difference = np.abs(found[True] - found[False]).max() / np.abs(found[False]).max()
    # bfloat16 has 8 significant bits.
    assert 0 < difference < 2**-6
