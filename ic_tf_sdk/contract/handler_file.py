"""The handler as the one file that a container reads."""

import ast
from pathlib import Path

from ic_tf_sdk.contract import (
    accept_header,
    container_answer,
    container_handler,
    image_cost,
    output_files,
)

__all__ = ["NAME", "source", "write"]

NAME = "inference.py"
"""What SageMaker's TensorFlow container looks for in the folder ``code``."""


def source() -> str:
    """``container_handler`` and what it imports, as one module that imports none of them."""
    parts = (container_handler, container_answer, accept_header, image_cost)
    texts = [Path(str(part.__file__)).read_text(encoding="utf-8") for part in parts]
    head, body = _split(texts[0])
    imported = [_split(text)[1] for text in texts[1:]]
    return "\n\n".join([head, *imported, f"{body}\n"])


def write(folder: Path) -> None:
    """Write the file into a folder, which is created."""
    folder.mkdir(parents=True, exist_ok=True)
    output_files.write_text(folder / NAME, source())


def _split(text: str) -> tuple[str, str]:
    """A module's docstring, and the rest without what it imports from this package."""
    lines = text.splitlines()
    docstring, *statements = ast.parse(text).body
    for statement in statements:
        if isinstance(statement, ast.ImportFrom) and str(statement.module).startswith("ic_tf_sdk"):
            first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
            lines[first:last] = [""] * (last - first)
    end = docstring.end_lineno or 1
    return "\n".join(lines[:end]), "\n".join(lines[end:]).strip()
