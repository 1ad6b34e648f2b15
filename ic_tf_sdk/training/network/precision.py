"""bfloat16 arithmetic in the processor's own instructions, where the backbone gains from it.

TensorFlow's graph optimizer then casts the operands of dense convolutions and matrix products to
bfloat16; variables, gradients and everything stored stay float32. Large backbones gain most; the
smallest loses to the casts. ``docs/benchmarks.md`` has what ``benchmarks/arithmetic.py`` measured
of each architecture.

"auto" means: from five million parameters on. That leaves out small ones that gain here, because a
small one lost elsewhere, MobileNetV2 1.0 on a processor with AMX. A rule, and no measurement in the
job, since a job that is started again must compute what it computed before.
"""

from pathlib import Path

import tensorflow as tf

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["apply", "chosen", "processor_flags", "settled"]

_INSTRUCTIONS = {"amx_bf16", "avx512_bf16"}
_SMALLEST_PARAMETERS = 5_000_000


def chosen(hyperparameters: Hyperparameters, *, parameters: int) -> bool:
    """Whether to compute a backbone in bfloat16.

    Args:
        hyperparameters: Its ``mixed_precision`` is "off", "bfloat16" or "auto": if the processor
            has the instructions and the backbone is one that gains.
        parameters: The number of the network's parameters.
    """
    if hyperparameters.mixed_precision == "auto":
        has_instructions = bool(_INSTRUCTIONS & set(processor_flags().split()))
        return parameters >= _SMALLEST_PARAMETERS and has_instructions
    return hyperparameters.mixed_precision == "bfloat16"


def settled(hyperparameters: Hyperparameters, *, parameters: int) -> Hyperparameters:
    """The same with the arithmetic that is used in place of ``auto``.

    Args:
        hyperparameters: The hyperparameters of the job.
        parameters: The number of the network's parameters.
    """
    bfloat16 = chosen(hyperparameters, parameters=parameters)
    return hyperparameters.model_copy(update={"mixed_precision": "bfloat16" if bfloat16 else "off"})


def apply(*, bfloat16: bool) -> None:
    """Say to TensorFlow's graph optimizer which arithmetic this process uses from now on.

    Args:
        bfloat16: The answer of ``chosen``.
    """
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": bfloat16})


def processor_flags() -> str:
    """The processor's instruction sets as Linux lists them; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return next((line for line in text.splitlines() if line.startswith("flags")), "")
