"""What fits on a GPU: a warning before a job is paid for that cannot train its model."""

from ic_tf_sdk.specs.instance_families import family_of

__all__ = ["memory_warning"]

# float32 weights, gradients and Adam's two moments.
_BYTES_PER_PARAMETER = 16


def memory_warning(parameters_millions: float | None, instance_type: str) -> str | None:
    """A sentence where full fine-tuning leaves less than half of a GPU for activations, or None.

    Args:
        parameters_millions: Of the model; None is not known.
        instance_type: For example ``"ml.g4dn.xlarge"``.
    """
    family = family_of(instance_type)
    memory = family and family.accelerator_memory_gib
    if memory is None or parameters_millions is None:
        return None
    needed = parameters_millions * 1e6 * _BYTES_PER_PARAMETER / 2**30
    if needed <= memory / 2:
        return None
    return (
        f"training all of its {parameters_millions:g} million parameters takes {needed:.1f} GiB "
        f"for weights, gradients and Adam's moments alone, and a GPU of {instance_type} has "
        f"{memory} GiB. Set train_only_on_top to 'True', or take a GPU with more memory."
    )
