"""The functions beside a graph: which of them are called."""

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["called", "reached"]


def called(node: Any) -> Iterator[Any]:
    """The ``NameAttrList`` of each function that a node names."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func
        yield from value.list.func


def reached(library: Iterable[Any], nodes: Iterable[Any]) -> list[Any]:
    """The functions that nodes call, directly or not.

    Args:
        library: ``FunctionDef`` each.
        nodes: ``NodeDef`` each.
    """
    known = {one.signature.name: one for one in library}
    pending = list(_names(nodes))
    seen: dict[str, Any] = {}
    while pending:
        name = pending.pop()
        if name not in seen and name in known:
            seen[name] = known[name]
            pending += _names(known[name].node_def)
    return list(seen.values())


def _names(nodes: Iterable[Any]) -> Iterator[str]:
    """What nodes call; as TensorFlow 1 has it, a function's name may stand as the operation."""
    for node in nodes:
        yield node.op
        yield from (each.name for each in called(node))
