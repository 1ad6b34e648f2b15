"""What is too slow for a merge is a named session, and CONTRIBUTING says how long it takes."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_nightly_session_exists_and_has_its_minutes_in_contributing():
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    sessions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NIGHTLY"
    )
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert names
    for name in names:
        assert name in sessions
        assert f"| `{name}` |" in contributing
