"""Compares two files of answers, case by case.

    python compare.py MODE CATALOGUE THEIRS OURS v2|v3

Prints the number of cases, how many differ for each listed reason, and every difference that no
reason explains; the exit code is 1 where there is one.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import cases
from differences import DIFFERENCES

Answer = dict[str, Any]


class Comparison(NamedTuple):
    """What was found.

    Attributes:
        count: Cases compared.
        values: Cases where both answered with a value.
        explained: Difference's name -> cases.
        unexplained: One line for each other difference.
    """

    count: int
    values: int
    explained: Counter[str]
    unexplained: list[str]

    def __str__(self) -> str:
        listed, unlisted = self.explained.total(), len(self.unexplained)
        errors = self.count - self.values - listed - unlisted
        head = (
            f"{self.count} cases: {self.values} equal values, {errors} equal errors, "
            f"{listed} listed differences, {unlisted} unexplained"
        )
        lines = [f"  {count:7d}  {name}" for name, count in self.explained.most_common()]
        return "\n".join([head, *lines, *self.unexplained[:40]])


def compare(mode: str, catalogue: Path, theirs: Path, ours: Path, side: str) -> Comparison:
    """Compare two files of answers to the same cases."""
    explained: Counter[str] = Counter()
    unexplained: list[str] = []
    count = values = 0
    for case, their, our in _triples(mode, catalogue, theirs, ours):
        count += 1
        if _equal(their, our):
            values += "value" in our
            continue
        for difference in DIFFERENCES:
            if difference.explains(side, case.function, case.arguments, our):
                explained[difference.name] += 1
                break
        else:
            unexplained.append(f"  {case}\n    theirs {_short(their)}\n    ours   {_short(our)}")
    return Comparison(count, values, explained, unexplained)


def _triples(
    mode: str, catalogue: Path, theirs: Path, ours: Path
) -> Iterator[tuple[cases.Case, Answer, Answer]]:
    with theirs.open(encoding="utf-8") as one, ours.open(encoding="utf-8") as two:
        for case, their, our in zip(cases.cases(mode, catalogue), one, two, strict=True):
            yield case, json.loads(their), json.loads(our)


def _equal(their: Answer, our: Answer) -> bool:
    """The same value; or an error of ours that is also the built-in that the SDK raises."""
    if "value" in their and "value" in our:
        return bool(their["value"] == our["value"])
    if "value" in their or "value" in our or not our["ours"]:
        return False
    return bool(set(their["error"]) & set(our["error"]))


def _short(answer: Answer) -> str:
    return json.dumps(answer)[:300]


if __name__ == "__main__":
    found = compare(sys.argv[1], *(Path(name) for name in sys.argv[2:5]), sys.argv[5])
    print(found)
    sys.exit(bool(found.unexplained))
