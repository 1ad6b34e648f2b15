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
    pending = [each.name for node in nodes for each in called(node)]
    seen: dict[str, Any] = {}
    while pending:
        name = pending.pop()
        if name not in seen and name in known:
            seen[name] = known[name]
            pending += [each.name for node in known[name].node_def for each in called(node)]
    return list(seen.values())
