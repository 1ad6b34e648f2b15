"""The walks through the house lead to functions that are there, downwards, and to each floor."""

import ast
import re
from pathlib import Path

import pytest
import tomllib

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEPS = re.findall(r"\[`(\w+)`\]\((\.\./ic_tf_sdk/[\w/]+\.py)\)", PAGE)


def defined(path: Path) -> set[str]:
    """Functions, methods, classes and constants of a module."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = (node.targets for node in nodes if isinstance(node, ast.Assign))
    return named | {
        target.id for targets in assigned for target in targets if hasattr(target, "id")
    }


@pytest.mark.parametrize(("name", "path"), STEPS)
def test_each_step_of_a_walk_is_defined_where_its_link_leads(name: str, path: str) -> None:
    module = (ROOT / "docs" / path).resolve()
    assert name in defined(module), f"{path} has no {name}"


def test_there_are_three_walks_of_several_steps() -> None:
    walks = re.split(r"(?m)^## ", PAGE)[2:]
    assert [walk.partition(",")[0] for walk in walks] == ["A hyperparameter", "A photo", "A model"]
    assert all(len(re.findall(r"(?m)^[0-9]\. ", walk)) >= 4 for walk in walks)
    assert len(STEPS) >= 25


def test_the_table_has_the_floors_of_the_contracts_in_their_order() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floors, *_ = settings["tool"]["importlinter"]["contracts"]
    section = PAGE.partition("## Floors")[2].partition("| question")[0]
    heads = re.findall(r"(?m)^\| (`.+?) \| .+ \|$", section)
    shown = [re.findall(r"`(\w+)`", head) for head in heads]
    assert len(shown) > 10
    last = -1
    for floor in shown:
        ranks = [
            rank
            for rank, layer in enumerate(floors["layers"])
            if floor[0] in re.findall(r"\w+", layer)
        ]
        assert ranks, floor
        assert ranks[0] > last, floor
        last = ranks[0]
    every = {word for floor in shown for word in floor}
    rooms = {name for layer in floors["layers"] for name in re.findall(r"\w+", layer)}
    packages = {path.parent.name for path in (ROOT / "ic_tf_sdk").glob("*/__init__.py")}
    assert packages & rooms <= every


ANSWERS = re.findall(r"(?m)^\| .+? \| `([\w/]+)`.* \| `([\w.]+)` \| `(\w+)`", CONTRIBUTING)


def test_each_behaviour_is_found_in_three_steps() -> None:
    assert len(ANSWERS) == 3
    for folder, file, function in ANSWERS:
        assert function in defined(ROOT / "ic_tf_sdk" / folder / file), (folder, file, function)
