"""The lists of the mutation session are of this code: each module is tried, or left out openly."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = ROOT / "ic_tf_sdk"
MODULES: dict[str, list[str]] = json.loads((HERE / "modules.json").read_text())
SLOW: dict[str, list[str]] = json.loads((HERE / "slow.json").read_text())
SAMPLED: dict[str, list[str]] = json.loads((HERE / "sampled.json").read_text())
EVERY = {**MODULES, **SLOW, **SAMPLED}
UNNOTICED: list[dict[str, str]] = json.loads((HERE / "unnoticed.json").read_text())

# Why modules are left out -> which ones.
LEFT_OUT: dict[str, list[str]] = json.loads((HERE / "left_out.json").read_text())
NEEDS_TENSORFLOW, NOTHING_TO_CHANGE = list(LEFT_OUT)[:2]

FRAMEWORKS = ("tensorflow", "tf_keras", "tensorflow_hub")
# What a session's operators change.
CHANGED = (
    ast.If, ast.IfExp, ast.Compare, ast.BoolOp, ast.Not, ast.For, ast.While, ast.Raise,
    ast.ExceptHandler,
)  # fmt: skip


@pytest.mark.parametrize("module", EVERY)
def test_a_module_and_its_tests_are_there(module: str) -> None:
    assert (PACKAGE / module).is_file()
    assert EVERY[module]
    assert all((ROOT / name.partition("::")[0]).is_file() for name in EVERY[module])


def test_every_module_of_the_package_is_tried_or_left_out_with_its_reason() -> None:
    lists = [*MODULES, *SLOW, *SAMPLED, *chain.from_iterable(LEFT_OUT.values())]
    assert len(lists) == len(set(lists))
    assert sorted(lists) == sorted(
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")
    )
    assert all(reason.endswith(".") and len(reason) > 40 for reason in LEFT_OUT)


@cache
def imported(module: str) -> frozenset[str]:
    """The names that a module imports when it is imported itself."""
    names: set[str] = set()
    for node in outside_functions(ast.parse((PACKAGE / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update((str(node.module), *(f"{node.module}.{a.name}" for a in node.names)))
    return frozenset(names)


def outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        typing_alone = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not typing_alone and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from outside_functions(node)


def file_of(name: str) -> str | None:
    path = ROOT.joinpath(*name.split("."))
    found = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]
    return found[0].relative_to(PACKAGE).as_posix() if found else None


def needs_tensorflow(module: str) -> bool:
    """Whether a module cannot be imported without TensorFlow."""
    seen, left = {module}, [module]
    while left:
        names = imported(left.pop())
        if any(name.split(".")[0] in FRAMEWORKS for name in names):
            return True
        ours = {file for name in names if name.startswith("ic_tf_sdk.") and (file := file_of(name))}
        left += ours - seen
        seen |= ours
    return False


def test_what_is_left_out_for_tensorflow_cannot_be_imported_without_it() -> None:
    assert [module for module in LEFT_OUT[NEEDS_TENSORFLOW] if not needs_tensorflow(module)] == []
    assert [module for module in {**MODULES, **SLOW} if needs_tensorflow(module)] == []


def can_be_changed(node: ast.AST) -> bool:
    number = isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float)
    # Of types, which are none of a session's, `|` makes unions, and of sets.
    sum_ = isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)
    return number or sum_ or isinstance(node, CHANGED)


def test_what_is_left_out_because_nothing_can_be_changed_holds_nothing_that_can() -> None:
    for module in LEFT_OUT[NOTHING_TO_CHANGE]:
        tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
        assert [ast.unparse(node) for node in ast.walk(tree) if can_be_changed(node)] == [], module


@pytest.mark.parametrize("place", range(len(UNNOTICED)))
def test_what_is_listed_as_unnoticed_stands_in_the_module_and_has_its_reason(place: int) -> None:
    entry = UNNOTICED[place]
    assert set(entry) == {"module", "operator", "before", "after", "reason"}
    assert entry["module"] in EVERY
    lines = (PACKAGE / entry["module"]).read_text(encoding="utf-8").splitlines()
    assert entry["before"] in map(str.strip, lines)
    assert entry["before"] != entry["after"]
    assert len(entry["reason"]) > 20


def test_no_change_is_listed_twice() -> None:
    keys = [tuple(entry[name] for name in ("module", "operator", "before", "after"))
            for entry in UNNOTICED]  # fmt: skip
    assert len(keys) == len(set(keys))
