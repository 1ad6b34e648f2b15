"""By which of TensorFlow's operations an exported model resizes, read off its graph."""

from typing import Any

from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["loader_graph", "way_of_resizing"]

_WAYS = {
    "ResizeBilinear": "bilinear",
    "ResizeNearestNeighbor": "nearest",
    "ResizeBicubic": "bicubic",
    "ResizeArea": "area",
}
_BY_KERNEL = "ScaleAndTranslate"


def loader_graph(model: ServedModel) -> Any:
    """Decoding and resizing as one function without others but the decoder's branches.

    Args:
        model: Loaded.
    """
    from tensorflow.python.framework import convert_to_constants

    return convert_to_constants.convert_variables_to_constants_v2(
        model._load_image, lower_control_flow=False
    )


def way_of_resizing(model: ServedModel) -> str | None:
    """The value of ``image_resize_interpolation`` that a model was trained with.

    Args:
        model: Loaded.

    Returns:
        None where it is no way of this package.
    """
    for node in loader_graph(model).graph.as_graph_def().node:
        if node.op in _WAYS:
            return _WAYS[node.op]
        if node.op == _BY_KERNEL:
            kernel: str = node.attr["kernel_type"].s.decode()
            return kernel
    return None
