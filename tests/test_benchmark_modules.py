"""The benchmarks are modules of one folder: some have the name of a module of Python's own."""

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
NAMES = {path.stem for path in SCRIPTS}


def imported(tree: ast.Module) -> set[str | None]:
    found: set[str | None] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_one_benchmark_imports_another_by_its_whole_name(path: Path) -> None:
    # Run as a file, its folder would come first, and `select` of it before Python's own.
    tree = ast.parse(path.read_text())
    assert not imported(tree) & NAMES
    assert f"{path.name} " not in (ast.get_docstring(tree) or "")
