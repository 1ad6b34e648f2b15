"""The epochs of a job as a notebook shows them."""

import re

import pytest

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.launch.local.curves import curves
from ic_tf_sdk.launch.local.history import History
from ic_tf_sdk.pages import chart

EPOCHS = [{"loss": 0.9, "val_accuracy": 0.5}, {"loss": 0.5, "val_accuracy": float("nan")}]


def history(best: int = 1, epochs: int = 2) -> History:
    record = HistoryRecord(
        epochs=EPOCHS[:epochs], seconds=[2.0, 1.0][:epochs], best_epoch=best, test={}
    )
    return History(record)


def test_each_epoch_is_a_row_from_one_and_the_exported_one_is_marked() -> None:
    first, second = history()
    assert first == {
        "epoch": 1, "seconds": 2.0, "loss": 0.9, "val_accuracy": 0.5, "exported": False,
    }  # fmt: skip
    assert second["epoch"] == 2
    assert [one["exported"] for one in history(best=0)] == [True, False]


def test_in_a_terminal_it_is_a_table() -> None:
    assert repr(history()).splitlines() == [
        "epoch  seconds  loss    val_accuracy  exported",
        "1      2.0000   0.9000  0.5000",
        "2      1.0000   0.5000  \N{EN DASH}             yes",
    ]
    assert repr(history(best=0, epochs=0)) == ""


def test_in_a_notebook_it_has_curves_and_the_table() -> None:
    page = history()._repr_html_()
    heads = [re.sub("<[^>]*>", "", one) for one in re.findall(r"<th scope=.col.>.*?</th>", page)]
    assert heads == ["epoch", "seconds", "loss", "validation accuracy", "exported"]
    if chart.available():
        assert page.count("<svg") == 2
        assert "exported: epoch 2" in page
    assert "<svg" not in history(best=0, epochs=1)._repr_html_()


@pytest.mark.parametrize(("count", "drawn"), [(0, False), (1, False), (2, True), (3, True)])
def test_there_is_a_curve_from_two_epochs_on(count: int, drawn: bool) -> None:
    page = curves([{"loss": 1.0, "accuracy": 0.5}] * count)
    assert bool(page) == (drawn and chart.available())
    assert "exported" not in page


def test_without_a_number_there_is_no_curve() -> None:
    assert curves([{"loss": float("nan")}] * 3) == ""
    if chart.available():
        assert curves([{"loss": 1.0}] * 3).count("<svg") == 1
