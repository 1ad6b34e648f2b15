"""The handler as the one file that a container reads."""

import ast
from pathlib import Path

from ic_tf_sdk.contract import container_answer, container_handler, output_files

__all__ = ["NAME", "source", "write"]

NAME = "inference.py"
"""What SageMaker's TensorFlow container looks for in the folder ``code``."""


def source() -> str:
    """``container_answer`` and ``container_handler`` as one module that imports neither."""
    parts = (container_handler, container_answer)
    handler, answer = (Path(str(part.__file__)).read_text(encoding="utf-8") for part in parts)
    head, body = _split(handler)
    return f"{head}\n\n{_split(answer)[1]}\n\n{body}\n"


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
