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
