"""bfloat16 arithmetic in the processor's matrix units, chosen before TensorFlow is loaded.

oneDNN's fp-math mode rounds the operands of convolutions and matrix products to bfloat16 and adds
up in float32; variables, gradients and everything stored stay float32. Dense convolutions gain,
depthwise ones neither gain nor lose: measured forward passes took 0.64 (ResNet-50), 0.94
(EfficientNet-B0) and 0.95 to 1.0 (MobileNetV2 1.0) of the float32 time, so that "auto" needs to
know the processor only.
"""

from collections.abc import MutableMapping
from pathlib import Path

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["prepare", "processor_flags"]

_INSTRUCTIONS = ("amx_bf16", "avx512_bf16")


def prepare(given: Hyperparameters, environ: MutableMapping[str, str], flags: str) -> bool:
    """Set the variables that oneDNN and TensorFlow read when they are loaded.

    Args:
        given: ``mixed_precision`` is "off", "auto" (if the processor has the instructions) or
            "bfloat16".
        environ: Usually ``os.environ``.
        flags: What the processor can do; ``processor_flags()``.

    Returns:
        Whether bfloat16 is used.
    """
    able = any(name in flags for name in _INSTRUCTIONS)
    chosen = given.mixed_precision == "bfloat16" or (given.mixed_precision == "auto" and able)
    if chosen:
        environ["ONEDNN_DEFAULT_FPMATH_MODE"] = "BF16"
        environ["TF_SET_ONEDNN_FPMATH_MODE"] = "BF16"
    return chosen


def processor_flags() -> str:
    """The processor's instruction sets as Linux lists them; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return next((line for line in text.splitlines() if line.startswith("flags")), "")
