"""In a notebook a job is one table that grows, and no flood of lines."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ic_tf_sdk.contract.metric_lines import epoch_line
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local import display
from ic_tf_sdk.launch.local.display import notebook

METRICS = {"loss": 0.5, "accuracy": 0.75, "top_5_accuracy": 1.0, "val_accuracy": 0.7}


class Kernel:
    """IPython's shell as a kernel has it, and what its display was given."""

    kernel = object()

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, data: dict[str, str], *, raw: bool, display_id: bool) -> Any:
        assert raw
        assert display_id
        self.shown.append(data)
        return self

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    ipython = pytest.importorskip("IPython")
    import IPython.display

    found = Kernel()
    monkeypatch.setattr(ipython, "get_ipython", lambda: found)
    monkeypatch.setattr(IPython.display, "display", found.display)
    return found


def test_outside_of_a_kernel_there_is_no_notebook() -> None:
    assert not notebook.is_notebook()


def test_epochs_grow_in_one_table_and_nothing_is_printed(
    kernel: Kernel, capsys: pytest.CaptureFixture[str]
) -> None:
    with display.shown() as listener:
        for line in ("Model: tiny 1.0.0", "Classes: a, b"):
            listener.on_line(line)
        listener.on_phase(PhaseReport("training", 30, 40, "images", "epoch 1/2"))
        listener.on_line(epoch_line(1, 2, 3.2, METRICS))
        between = kernel.shown[-1]
        listener.on_line(epoch_line(2, 2, 3.1, METRICS))
    assert capsys.readouterr() == ("", "")
    assert '<progress value="0.750"' in between["text/html"]
    assert "Training" in between["text/plain"]
    last = kernel.shown[-1]
    assert len(re.findall("<tr>", last["text/html"])) == 3
    assert "0.75" in last["text/html"]
    assert "<progress" not in last["text/html"]
    # The curves come when it is over.
    assert last["text/html"].count("<svg") == 2
    assert "<svg" not in between["text/html"]
    assert "top" not in last["text/html"]
    assert "validation accuracy" in last["text/html"]
    assert last["text/plain"].splitlines() == [
        epoch_line(epoch, 2, seconds, METRICS) for epoch, seconds in ((1, 3.2), (2, 3.1))
    ]


def test_warnings_stand_apart_and_obey_nothing(kernel: Kernel) -> None:
    with display.shown() as listener:
        listener.warn("Warning: <script>\x1b[31m is empty")
    last = kernel.shown[-1]
    assert "&lt;script&gt;\\x1b[31m is empty" in last["text/html"]
    assert "\x1b" not in last["text/plain"]


def test_a_job_that_breaks_leaves_where_it_stood(kernel: Kernel) -> None:
    def broken() -> None:
        with display.shown() as listener:
            listener.on_phase(PhaseReport("export"))
            raise UserError("no space")

    with pytest.raises(UserError, match="no space"):
        broken()
    assert "Exporting the model" in kernel.shown[-1]["text/plain"]


def test_epochs_that_diverge_and_one_alone_are_shown(kernel: Kernel) -> None:
    with display.shown() as listener:
        listener.on_line(epoch_line(1, 2, 3.2, {"loss": float("nan"), "accuracy": float("inf")}))
    assert "nan" in kernel.shown[-1]["text/html"]
    with display.shown() as listener:
        for epoch in (1, 2):
            listener.on_line(epoch_line(epoch, 2, 3.2, {"loss": float("nan")}))
    assert "<svg" not in kernel.shown[-1]["text/html"]


def test_many_reports_are_few_updates(kernel: Kernel) -> None:
    with display.shown() as listener:
        for done in range(1000):
            listener.on_phase(PhaseReport("decoding", done, 1000, "images"))
    assert len(kernel.shown) < 10


def progress(*lines: str, report: PhaseReport | None = None, over: bool = True) -> dict[str, Any]:
    """What is shown of these lines, and of where the job is."""
    made = notebook._Progress()
    made.epochs += lines
    made.over = over
    if report is not None:
        made.take(report)
    return made.data()


def test_the_last_twelve_epochs_are_shown_with_four_digits() -> None:
    lines = [
        f"Epoch {n}/20 - {n}.25s - loss: 0.123456 - val_top_5_accuracy: 1.0" for n in range(1, 21)
    ]
    rows = re.findall(r"<tr>(.*?)</tr>", progress(*lines)["text/html"].replace("\n", ""))
    assert len(rows) == 13
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]
    assert cells[0] == ["epoch", "loss", "time"]
    assert cells[1] == ["9/20", "0.1234", "9.25s"]
    assert cells[-1] == ["20/20", "0.1234", "20.25s"]


def test_an_epoch_that_lacks_a_metric_has_an_empty_cell() -> None:
    lines = ["Epoch 1/2 - 1.0s - loss: 0.5", "Epoch 2/2 - 1.0s - loss: 0.5 - val_loss: 0.25"]
    page = progress(*lines)["text/html"].replace("\n", "")
    cells = [
        re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)
    ]
    assert cells[0] == ["epoch", "loss", "validation loss", "time"]
    assert cells[1] == ["1/2", "0.5", "", "1.0s"]


def test_a_bar_is_shown_of_what_has_an_end_and_never_past_it() -> None:
    def bar(done: int, total: int | None) -> list[str]:
        report = PhaseReport("decoding", done, total, "images")
        return re.findall(r'<progress value="([^"]*)"', progress(report=report, over=False)[
            "text/html"
        ])  # fmt: skip

    assert bar(1, 3) == ["0.333"]
    assert bar(9, 3) == ["1.000"]
    assert bar(5, None) == bar(0, 0) == []
    # Nothing is left to be shown once it is over.
    assert progress(report=PhaseReport("decoding", 1, 3, "images")) == {
        "text/html": "",
        "text/plain": "",
    }


def test_updates_are_half_a_second_apart_and_epochs_come_at_once(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    with display.shown() as listener:
        begun = len(kernel.shown)
        for step, count in ((0.0, 1), (0.49, 1), (0.01, 2), (0.4, 2), (0.1, 3)):
            now[0] += step
            listener.on_phase(PhaseReport("decoding", 1, 9, "images"))
            assert len(kernel.shown) - begun == count, step
        listener.on_line("no epoch")
        assert len(kernel.shown) - begun == 3
        for _ in range(2):
            listener.on_line(epoch_line(1, 2, 3.2, METRICS))
        listener.warn("Warning: x")
        assert len(kernel.shown) - begun == 6
    assert len(kernel.shown) - begun == 7
