"""What fits on a GPU: a warning before a job is paid for that cannot train its model."""

from ic_tf_sdk.specs.container_images import instance_family

__all__ = ["GPU_MEMORY_GIB", "memory_warning"]

GPU_MEMORY_GIB = {
    "p3": 16,
    "p3dn": 32,
    "p4d": 40,
    "p4de": 80,
    "p5": 80,
    "g4dn": 16,
    "g5": 24,
    "g6": 24,
    "g6e": 48,
}
"""Memory of one GPU in GiB by instance family: V100, V100 32 GB, A100, A100 80 GB, H100, T4, A10G,
L4 and L40S, as AWS's pages on accelerated instances state."""

# float32 weights, gradients and Adam's two moments.
_BYTES_PER_PARAMETER = 16


def memory_warning(parameters_millions: float | None, instance_type: str) -> str | None:
    """A sentence where full fine-tuning leaves less than half of a GPU for activations, or None.

    Args:
        parameters_millions: Of the model; None is not known.
        instance_type: For example ``"ml.g4dn.xlarge"``.
    """
    memory = GPU_MEMORY_GIB.get(instance_family(instance_type) or "")
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
