"""A change that is put into a loaded module does what a module does that was loaded with it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutation.code_swap import functions_of, swap

SOURCE = """
from functools import wraps

LIMIT = 3
NAMES = ("a", "b")


def hidden(function):
    @wraps(function)
    def call(*given):
        return function(*given) + 10

    return call


@hidden
def above(number):
    return max(number, LIMIT)


def given(number=5):
    return number


class Box:
    size = 4

    def twice(self):
        return [one * 2 for one in (self.size,)]
"""


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "swapped.py"
    path.write_text(SOURCE)
    made = ModuleType("swapped")
    made.__file__ = str(path)
    exec(compile(SOURCE, str(path), "exec"), made.__dict__)
    # Of who imported from it.
    user = ModuleType("user")
    user.LIMIT, user.above = made.LIMIT, made.above  # type: ignore[attr-defined]
    sys.modules |= {"swapped": made, "user": user}
    yield made
    del sys.modules["swapped"], sys.modules["user"]


def put(module: ModuleType, before: str, after: str) -> bool:
    assert SOURCE.count(before) == 1
    path = str(module.__file__)
    found = swap(SOURCE, SOURCE.replace(before, after), path)
    if found is not None:
        found.apply(module, functions_of(path))
    return found is not None


def test_a_function_does_what_it_was_changed_to_wherever_it_was_imported(
    module: ModuleType,
) -> None:
    above = sys.modules["user"].above
    assert above(1) == 13
    assert put(module, "max(number", "min(number")
    assert above(1) == module.above(1) == 11


def test_what_a_decorator_made_and_what_is_within_a_class_is_changed(module: ModuleType) -> None:
    box = module.Box()
    assert put(module, "+ 10", "+ 20")
    assert module.above(5) == 25
    assert put(module, "one * 2", "one * 3")
    assert box.twice() == [12]


def test_a_function_within_that_is_gone_is_gone(module: ModuleType) -> None:
    assert put(module, "return [one * 2 for one in (self.size,)]", "return self.size")
    assert module.Box().twice() == 4


def test_a_number_of_the_module_is_another_for_all_who_took_it(module: ModuleType) -> None:
    assert put(module, "LIMIT = 3", "LIMIT = 8")
    assert module.LIMIT == sys.modules["user"].LIMIT == 8
    assert module.above(1) == 18


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("number=5", "number=6"),
        ("size = 4", "size = 5"),
        ("@hidden\n", ""),
        ("class Box", "class B"),
    ],
)
def test_what_the_loading_itself_does_takes_a_loading(
    before: str, after: str, module: ModuleType
) -> None:
    assert not put(module, before, after)
