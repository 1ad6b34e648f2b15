"""The texts of the package as they stand in its source, with ``…`` for what varies."""

import ast
from functools import cache
from pathlib import Path

import ic_tf_sdk

PACKAGE = Path(ic_tf_sdk.__file__).parent


@cache
def texts() -> frozenset[str]:
    """Every text of the source, whatever becomes of it, its white space as single blanks."""
    return frozenset(
        " ".join(text.split())
        for module in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and (text := _text(node))
    )


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_text(node.left) or '…'}{_text(node.right) or '…'}"
    return ""
