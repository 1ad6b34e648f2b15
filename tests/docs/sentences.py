"""The sentences of the package's errors as they stand in its source, with ``…`` for what varies."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ic_tf_sdk

PACKAGE = Path(ic_tf_sdk.__file__).parent


def texts() -> set[str]:
    """Every text of the source, whatever becomes of it."""
    return {
        text
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.expr) and (text := _text(node))
    }


def raised() -> Iterator[tuple[str, str]]:
    """Class and text of each ``raise`` that has a text of its own."""
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                text, function = _text(node.exc.args[0]), node.exc.func
                if text and isinstance(function, ast.Name | ast.Attribute):
                    yield getattr(function, "attr", getattr(function, "id", "")), text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_text(node.left) or '…'}{_text(node.right) or '…'}"
    return ""
