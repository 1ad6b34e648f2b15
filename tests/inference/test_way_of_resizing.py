"""An exported model's way of resizing is read off the operations of its graph."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.inference import way_of_resizing as module


def node(name: str, kernel: str = "") -> SimpleNamespace:
    kinds = {"kernel_type": SimpleNamespace(s=kernel.encode())} if kernel else {}
    return SimpleNamespace(op=name, attr=kinds)


@pytest.mark.parametrize(
    ("last", "way"),
    [
        (node("ResizeBilinear"), "bilinear"),
        (node("ResizeNearestNeighbor"), "nearest"),
        (node("ResizeBicubic"), "bicubic"),
        (node("ResizeArea"), "area"),
        (node("ScaleAndTranslate", "lanczos3"), "lanczos3"),
        (node("Cast"), None),
    ],
)
def test_the_first_operation_that_resizes_says_it(
    last: Any, way: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [node("DecodeJpeg"), last, node("ResizeArea" if way else "Mul")]
    definition = SimpleNamespace(node=nodes)
    graph = SimpleNamespace(graph=SimpleNamespace(as_graph_def=lambda: definition))
    monkeypatch.setattr(module, "loader_graph", lambda _: graph)
    model: Any = None
    assert module.way_of_resizing(model) == way


def test_the_decoders_branches_are_kept_in_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    converter = SimpleNamespace(
        convert_variables_to_constants_v2=lambda function, **given: asked.append((function, given))
    )
    for name in ("tensorflow", "tensorflow.python"):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(__path__=[]))
    framework = SimpleNamespace(convert_to_constants=converter)
    monkeypatch.setitem(sys.modules, "tensorflow.python.framework", framework)
    model: Any = SimpleNamespace(_load_image="its loader")
    module.loader_graph(model)
    assert asked == [("its loader", {"lower_control_flow": False})]
