"""The changes that a session makes to a module, one at a time; Cosmic Ray knows how."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

__all__ = ["Change", "changes"]

# A comparison turned, a condition off, a number one more or less, a loop that does nothing. Left
# out are operators whose changes fail at import, as of decorators and of `|` in annotations, which
# every test notices.
_OPERATORS = (
    *(f"ReplaceComparisonOperator_{change}" for change in (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is",
    )),
    *(f"ReplaceBinaryOperator_{change}" for change in (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Add", "Pow_Mul",
    )),
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_USub_UAdd",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "NumberReplacer",
    "ZeroIterationForLoop",
)  # fmt: skip

# No change of what the module does: the mark of keyword arguments is no multiplication, what is
# imported for types alone is imported in vain, and the last two guard against what the code never
# does.
_NO_CHANGES = (
    ("*,", "/,"),
    ("if TYPE_CHECKING:", "if not TYPE_CHECKING:"),
    ("strict=True", "strict=False"),
    ("frozen=True", "frozen=False"),
)


@dataclass(frozen=True)
class Change:
    """A changed module.

    Attributes:
        operator: What was done, by Cosmic Ray's name for it.
        line: The number of the first line that differs.
        before: The text of that line.
        after: What it became; several lines become one.
        source: The whole module as changed.
    """

    operator: str
    line: int
    before: str
    after: str
    source: str


def changes(source: str) -> Iterator[Change]:
    """Every change of a module.

    Args:
        source: The module's text.
    """
    meant = _meaning(source)
    for operator in _operators():
        occurrence = 0
        while (changed := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            if _meaning(changed) in (None, meant):
                continue
            change = _described(type(operator).__name__, source, changed)
            if not any(change.before.replace(*words) == change.after for words in _NO_CHANGES):
                yield change


class HandlerGone(Operator):
    """An operator that catches nothing; Cosmic Ray's own cannot read ``module.Error``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """The one position of an ``except`` clause that names what it catches."""
        if node.type == "except_clause":
            yield node.children[1].start_pos, node.children[1].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """``()`` in place of what is caught."""
        node.children[1] = parso.parse(" ()")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """What it does, as Cosmic Ray asks of its operators."""
        return (Example("try: x\nexcept OSError as e: y", "try: x\nexcept () as e: y"),)


class RaiseGone(Operator):
    """An operator that does nothing where the module raises."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        """The one position of a ``raise`` statement."""
        # A bare `raise` is a keyword, and nothing around it.
        bare = node.type == "keyword" and node.value == "raise" and node.parent.type != "raise_stmt"
        if node.type == "raise_stmt" or bare:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        """``pass`` in place of the statement."""
        return parso.parse(node.get_first_leaf().prefix + "pass")

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """What it does, as Cosmic Ray asks of its operators."""
        return (Example("raise ValueError(1)", "pass"),)


def _meaning(source: str) -> str | None:
    """What Python reads: the same of 1e40 and of one more; None where it can read nothing."""
    try:
        return ast.dump(ast.parse(source))
    except SyntaxError:
        return None


def _operators() -> Iterator[Operator]:
    for name in _OPERATORS:
        yield get_operator(f"core/{name}")()
    yield HandlerGone()
    yield RaiseGone()


def _described(operator: str, source: str, changed: str) -> Change:
    """The first line that differs, and what stands there now."""
    old, new = source.splitlines(), changed.splitlines()
    first = next(row for row, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    # A statement of several lines that became one.
    return Change(operator, first + 1, old[first].strip(), new[first].strip(), changed)
