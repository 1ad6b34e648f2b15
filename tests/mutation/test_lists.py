"""The lists of the mutation session are of this code: what they name is there."""

import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES: dict[str, list[str]] = json.loads((HERE / "modules.json").read_text())
SAMPLED: dict[str, list[str]] = json.loads((HERE / "sampled.json").read_text())
EVERY = {**MODULES, **SAMPLED}
UNNOTICED: list[dict[str, str]] = json.loads((HERE / "unnoticed.json").read_text())


@pytest.mark.parametrize("module", EVERY)
def test_a_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "ic_tf_sdk" / module).is_file()
    assert EVERY[module]
    assert all((ROOT / name.partition("::")[0]).is_file() for name in EVERY[module])


@pytest.mark.parametrize("place", range(len(UNNOTICED)))
def test_what_is_listed_as_unnoticed_stands_in_the_module_and_has_its_reason(place: int) -> None:
    entry = UNNOTICED[place]
    assert set(entry) == {"module", "operator", "before", "after", "reason"}
    assert entry["module"] in EVERY
    lines = (ROOT / "ic_tf_sdk" / entry["module"]).read_text(encoding="utf-8").splitlines()
    assert entry["before"] in map(str.strip, lines)
    assert entry["before"] != entry["after"]
    assert len(entry["reason"]) > 20


def test_a_module_is_tried_whole_or_sampled() -> None:
    assert not MODULES.keys() & SAMPLED.keys()


def test_no_change_is_listed_twice() -> None:
    keys = [tuple(entry[name] for name in ("module", "operator", "before", "after"))
            for entry in UNNOTICED]  # fmt: skip
    assert len(keys) == len(set(keys))
