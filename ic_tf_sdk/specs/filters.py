"""The filter language of ``list_models``: the SageMaker SDK's, plus comparison of numbers.

A filter is a sentence of key, operator and value, or ``And``, ``Or`` and ``Not`` of filters::

    And("task == ic", Not("family == BiT-M"), "parameters_millions < 10")

Operators: ``==``, ``===``, ``equals``, ``is``; ``!=``, ``!==``, ``not equals``, ``is not``; ``in``,
``not in``; ``includes``, ``contains``, ``not includes``, ``not contains``; ``begins with``,
``starts with``, ``ends with``; and ``<``, ``<=``, ``>``, ``>=``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import FilterError, did_you_mean, nearest

__all__ = ["And", "Filter", "Not", "Or", "parse"]

Facts = Mapping[str, Any]


class Filter:
    """What decides whether a model is listed.

    >>> And("task == ic", Not("family == Swin")).matches({"task": "ic", "family": "ResNet"})
    True
    """

    def matches(self, facts: Facts) -> bool:
        """Whether a model with these facts is listed.

        Raises:
            FilterError: The filter names a key that no model has.
        """
        raise NotImplementedError


class And(Filter):
    """All of the filters match.

    >>> And("family == Swin", "num_classes > 1000").matches({"family": "Swin", "num_classes": 1000})
    False
    """

    def __init__(self, *operands: Filter | str) -> None:
        self._operands = [parse(operand) for operand in operands]

    def matches(self, facts: Facts) -> bool:
        """Whether all match; every filter is read, so that a wrong key in any is told."""
        answers = [operand.matches(facts) for operand in self._operands]
        return all(answers)


class Or(Filter):
    """One of the filters matches.

    >>> Or("family == Swin", "num_classes > 1000").matches({"family": "Swin", "num_classes": 1000})
    True
    """

    def __init__(self, *operands: Filter | str) -> None:
        self._operands = [parse(operand) for operand in operands]

    def matches(self, facts: Facts) -> bool:
        """Whether one matches; every filter is read, so that a wrong key in any is told."""
        answers = [operand.matches(facts) for operand in self._operands]
        return any(answers)


class Not(Filter):
    """The filter does not match.

    >>> Not("family == Swin").matches({"family": "DeiT"})
    True
    """

    def __init__(self, operand: Filter | str) -> None:
        self._operand = parse(operand)

    def matches(self, facts: Facts) -> bool:
        """Whether it does not match."""
        return not self._operand.matches(facts)


class _Constant(Filter):
    def __init__(self, value: bool) -> None:
        self._value = value

    def matches(self, facts: Facts) -> bool:  # noqa: ARG002
        return self._value


class _Sentence(Filter):
    def __init__(self, key: str, operator: str, value: str) -> None:
        self._key, self._value = key, value
        self._negated, self._test = _TESTS[operator]

    def matches(self, facts: Facts) -> bool:
        if self._key not in facts:
            close = did_you_mean(nearest(self._key, facts, 2))
            raise FilterError(f"No model has {quoted(self._key)}.{close} Keys: {', '.join(facts)}.")
        fact = facts[self._key]
        return self._negated != (fact is not None and self._test(fact, self._value))


def parse(sentence: Filter | str) -> Filter:
    """A filter from its sentence; a filter comes back as it is.

    >>> parse("num_classes > 1000").matches({"num_classes": 1001})
    True
    >>> parse("family begins with Mobile").matches({"family": "Swin"})
    False

    Args:
        sentence: Key, operator and value, for example ``"family == Swin"``.

    Raises:
        FilterError: It cannot be read.
    """
    if isinstance(sentence, Filter):
        return sentence
    if not isinstance(sentence, str):
        raise FilterError(f"A filter is a sentence, And, Or or Not; not {quoted(sentence)}.")
    if sentence.lower() in ("true", "false"):
        return _Constant(sentence.lower() == "true")
    for operator in _PARSE_ORDER:
        parts = sentence.split(operator)
        if len(parts) == 2:
            return _Sentence(parts[0].strip(), operator.strip(), parts[1].strip())
    raise FilterError(
        f"{quoted(sentence)} is no filter. Write key, operator and value, for example "
        f"'family == Swin'; operators: {', '.join(_TESTS)}."
    )


def _equals(fact: Any, value: str) -> bool:
    if isinstance(fact, bool):
        return str(fact).lower() == value.lower()
    return str(fact) == value


def _is_in(fact: Any, value: str) -> bool:
    try:
        options = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        options = value
    if isinstance(fact, list | bool) or not isinstance(options, str | list | tuple | set | dict):
        return False
    if isinstance(options, str):
        return isinstance(fact, str) and fact in options
    return fact in options


def _includes(fact: Any, value: str) -> bool:
    return isinstance(fact, str | list) and value in fact


def _begins(fact: Any, value: str) -> bool:
    return isinstance(fact, str) and fact.startswith(value)


def _ends(fact: Any, value: str) -> bool:
    return isinstance(fact, str) and fact.endswith(value)


def _number(compare: Callable[[float, float], bool]) -> Callable[[Any, str], bool]:
    def test(fact: Any, value: str) -> bool:
        try:
            bound = float(value)
        except ValueError:
            raise FilterError(f"{quoted(value)} is no number to compare with.") from None
        return isinstance(fact, int | float) and compare(fact, bound)

    return test


# Operator -> whether its test is negated, and the test of a model's fact against the value.
_TESTS: dict[str, tuple[bool, Callable[[Any, str], bool]]] = {
    **dict.fromkeys(("begins with", "starts with"), (False, _begins)),
    "ends with": (False, _ends),
    **dict.fromkeys(("not includes", "not contains"), (True, _includes)),
    **dict.fromkeys(("includes", "contains"), (False, _includes)),
    **dict.fromkeys(("!==", "!=", "not equals", "is not"), (True, _equals)),
    "not in": (True, _is_in),
    **dict.fromkeys(("===", "==", "equals", "is"), (False, _equals)),
    "in": (False, _is_in),
    "<=": (False, _number(lambda fact, bound: fact <= bound)),
    ">=": (False, _number(lambda fact, bound: fact >= bound)),
    "<": (False, _number(lambda fact, bound: fact < bound)),
    ">": (False, _number(lambda fact, bound: fact > bound)),
}

# The SDK's order. Words need blanks around them, or "in" would be found inside "training".
_PARSE_ORDER = [f" {name} " if name[0].isalpha() else name for name in _TESTS]
