"""By which of TensorFlow's operations an exported model resizes, read off its graph."""

from typing import Any

__all__ = ["way_of_resizing"]

_WAYS = {
    "ResizeBilinear": "bilinear",
    "ResizeNearestNeighbor": "nearest",
    "ResizeBicubic": "bicubic",
    "ResizeArea": "area",
}
_BY_KERNEL = "ScaleAndTranslate"


def way_of_resizing(graph: Any) -> str | None:
    """The value of ``image_resize_interpolation`` that the model was trained with.

    Args:
        graph: The GraphDef of what decodes and resizes.

    Returns:
        None where it is no way of this package.
    """
    for node in graph.node:
        if node.op in _WAYS:
            return _WAYS[node.op]
        if node.op == _BY_KERNEL:
            kernel: str = node.attr["kernel_type"].s.decode()
            return kernel
    return None
