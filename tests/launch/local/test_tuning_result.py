"""A tuning's table, page and JSON show every trial, the best first."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.launch.local import tuning_result
from ic_tf_sdk.launch.local.tuning_result import Tuning, TuningTrial
from ic_tf_sdk.pages import chart

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
BEST = {"learning_rate": "0.0123456", "batch_size": "32", "optimizer": "adam"}


def trial(name: str, value: float | None, status: Any = "Completed", **given: Any) -> TuningTrial:
    return TuningTrial(name, {**BEST, "epochs": "5"}, value, status, 3, BEGUN, 1.26, **given)


def tuning(*trials: TuningTrial, minimised: bool = False, **given: Any) -> Tuning:
    return Tuning(trials, "val_accuracy", minimised, given.get("importance", {}), BEST, None)


TRIALS = (
    trial("one", 0.5),
    trial("two", 0.9),
    trial("three", None, "Failed", reason="no memory"),
    trial("four", 0.95, "Stopped"),
    trial("five", 0.9),
    trial("six", 0.0),
)


def test_the_best_is_the_first_with_the_best_value_of_those_that_ended() -> None:
    found = tuning(*TRIALS)
    assert [one.name for one in found.ranked] == ["two", "five", "one", "six"]
    assert found.best.name == "two"
    least = tuning(*TRIALS, minimised=True)
    assert [one.name for one in least.ranked] == ["six", "one", "two", "five"]


def test_the_table_has_each_trial_under_its_heads() -> None:
    found = Tuning(TRIALS, "val_accuracy", False, {}, BEST, None)
    names = ("learning_rate", "batch_size", "optimizer", "epochs")
    assert found.columns() == ("trial", "val_accuracy", *names, "epochs", "seconds", "status")
    rows = found.rows()
    assert [row[0] for row in rows] == ["two", "five", "one", "six", "three", "four"]
    drawn = ("0.0123", "32", "adam", "5")
    assert rows[0] == ("two", "0.9000", *drawn, "3", "1.3", "Completed")
    assert rows[4][1] == "-"
    assert rows[3][1] == "0.0000"


def test_json_has_all_of_it(tmp_path: Path) -> None:
    found = tuning(*TRIALS)._replace(model_data=tmp_path / "model.tar.gz")
    told: Any = json.loads(json.dumps(found.as_dict()))
    assert (told["best"], told["model_data"]) == ("two", str(tmp_path / "model.tar.gz"))
    assert [one["name"] for one in told["trials"]] == [one.name for one in TRIALS]
    assert told["trials"][2]["reason"] == "no memory"
    assert told["trials"][0]["started"] == "2026-01-02T03:04:05+00:00"
    assert tuning(*TRIALS).as_dict()["model_data"] is None


def test_the_page_names_the_best_and_shows_pictures_of_what_there_is(tmp_path: Path) -> None:
    pytest.importorskip("pygal")
    found = tuning(*TRIALS, importance={"batch_size": 0.25, "learning_rate": 0.75})
    found.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    best = "val_accuracy 0.9000 with learning_rate=0.0123, batch_size=32, optimizer=adam, epochs=5."
    assert f"<strong>two</strong>: {best}" in page
    assert "6 trials" in page
    assert page.count("<svg") == 2
    bare = tuning(*TRIALS)._repr_html_()
    assert bare.count("<svg") == 1
    assert "not installed" not in bare


@pytest.mark.parametrize("there", [True, False])
def test_without_pygal_the_page_says_why_it_has_no_pictures(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart, "available", lambda: there)
    assert (chart.MISSING in tuning(*TRIALS)._repr_html_()) == (not there)


def test_what_mattered_most_is_the_first_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(tuning_result.bar_chart, "draw", lambda *a, **k: shown.append((a, k)))
    tuning(*TRIALS, importance={"batch_size": 0.2, "learning_rate": 0.7, "epochs": 0.1})._mattered()
    [((_, bars), given)] = shown
    assert given["digits"] == 2
    assert bars == [("learning_rate", 0.7), ("batch_size", 0.2), ("epochs", 0.1)]


@pytest.mark.parametrize(("minimised", "last"), [(False, 0.9), (True, 0.2)])
def test_the_best_so_far_never_gets_worse(
    minimised: bool, last: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(tuning_result.line_chart, "draw", lambda *given, **_: shown.append(given))
    values = (0.5, 0.2, None, 0.9, 0.3)
    tuning(*(trial(str(one), one) for one in values), minimised=minimised)._history()
    [(_, lines)] = shown
    assert lines["trial"] == [0.5, 0.2, 0.9, 0.3]
    choose = min if minimised else max
    assert lines["best so far"] == [choose(lines["trial"][: n + 1]) for n in range(4)]
    assert lines["best so far"][-1] == last
