"""A local job that was stopped: what is said of it, and what it leaves."""

import copyreg
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract.metric_lines import read_epoch
from ic_tf_sdk.launch.local.partial_output import PartialOutput

__all__ = ["JobStoppedError", "stopped"]


class JobStoppedError(KeyboardInterrupt):
    """A local job was stopped: by Ctrl-C, a notebook's interrupt, SIGTERM or SIGHUP.

    It is an interrupt, and no ``except Exception`` around a loop of jobs holds it up. In a notebook
    it is one line.

    Attributes:
        number: The signal's number.
        model_data: The best model so far, or the result that was complete already; None where no
            epoch was finished.
        kept: Whether there is something to go on from.

    Example:
        >>> print(JobStoppedError("Stopped after epoch 8 of 200.", number=2))
        Stopped after epoch 8 of 200.
    """

    def __init__(
        self, reason: str, *, number: int, model_data: Path | None = None, kept: bool = False
    ) -> None:
        self.number = number
        self.model_data = model_data
        self.kept = kept
        super().__init__(reason)

    # As ``errors.IcTfSdkError``: pickle would call the class with the reason alone.
    def __reduce__(self) -> Any:
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]


def stopped(partial: PartialOutput, number: int, *, metric: str) -> JobStoppedError:
    """What is to be said of a job that was stopped; what it does not need any more is removed.

    The job's log has it as its last line, where it stays.

    Args:
        partial: Its output.
        number: The signal's number.
        metric: The name of the metric that picks the best epoch.
    """
    if partial.target.exists():
        partial.remove()
        return JobStoppedError(
            f"Stopped when the training had ended; its result is complete in {partial.target}.",
            number=number,
            model_data=partial.target.absolute() / "model.tar.gz",
        )
    lines = _read(partial.log)
    kept = partial.settle()
    model = partial.model.absolute() if partial.model.is_file() else None
    left = "nothing was kept"
    if kept:
        left = f"its checkpoints are in {partial.folder}"
    if model is not None:
        left = f"its checkpoints and the best model are in {partial.folder}"
    reason = f"Stopped {_where(lines)}; {_best(lines, metric)}{left}."
    if kept:
        _append(partial.log, f"{reason} The same job goes on from them.")
    return JobStoppedError(reason, number=number, model_data=model, kept=kept)


def _append(log: Path, line: str) -> None:
    # What stopped the job may be a full disk's doing.
    with suppress(OSError), log.open("a") as lines:
        lines.write(f"{line}\n")


def _read(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines() if log.is_file() else []


def _where(lines: list[str]) -> str:
    """``after epoch 8 of 200``, by the last line of an epoch."""
    for line in reversed(lines):
        if read_epoch(line) is not None:
            epoch, _, epochs = line.split(" - ")[0].removeprefix("Epoch ").partition("/")
            return f"after epoch {epoch} of {epochs}"
    return "before the end of the first epoch"


def _best(lines: list[str], metric: str) -> str:
    """``best so far 0.7000; ``, or nothing without validation images."""
    named = re.compile(rf" - val_{re.escape(metric)}: ([0-9.]+)")
    values = [
        float(value[1])
        for line in lines
        if read_epoch(line) is not None and (value := named.search(line))
    ]
    return f"best so far {max(values):.4f}; " if values else ""
