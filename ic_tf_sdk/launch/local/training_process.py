"""The training process of a local job: started, followed line by line, stopped so that it saves."""

import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ic_tf_sdk.contract import child_process, job_log, phases, scratch_folder
from ic_tf_sdk.contract.plain_text import visible_lines
from ic_tf_sdk.errors import (
    ArchiveError,
    DatasetError,
    FileAccessError,
    JobFailedError,
    OutputExistsError,
    UserError,
)
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.partial_output import EXCLUDE_FILE, PartialOutput
from ic_tf_sdk.launch.local.stop_signals import StopSignal

__all__ = ["train"]

_MODULE = "ic_tf_sdk.training.transfer_learning"
_USER_ERROR = 1
# The classes whose only content is their text.
_REFUSALS: dict[str, type[UserError]] = {
    kind.__name__: kind for kind in (ArchiveError, DatasetError, FileAccessError, OutputExistsError)
}
_TRACEBACK_LINES = 40
_STOP_SECONDS = 120.0
# It was asked to end by somebody else, before or after it could listen.
_STOPPED = (128 + signal.SIGTERM, -signal.SIGTERM)


def train(
    partial: PartialOutput,
    hyperparameters: Mapping[str, str],
    environment: Mapping[str, str],
    copied: Mapping[str, str],
    listener: Listener,
) -> KeyboardInterrupt | None:
    """Run the container's entry point to its end.

    Args:
        partial: Where it works; its log is appended to.
        hyperparameters: Name -> value of each flag, as they are sent.
        environment: Its environment.
        copied: The path of a copy in the job's folder -> the path that the user knows.
        listener: It hears each line as it comes, and how far each phase is.

    Returns:
        The interrupt that came when the job was writing its result, which is complete; else None.

    Raises:
        UserError: The job refused its input; the text is its reason.
        JobFailedError: The job broke, or was killed.
        KeyboardInterrupt: This process or the job was asked to end; the job has saved and ended.
    """
    exclude = partial.root / EXCLUDE_FILE
    arguments = [
        *("--checkpoint_dir", str(partial.checkpoints), "--stopped_model", str(partial.model)),
        "--report_phases",
        *(("--exclude", str(exclude)) if exclude.is_file() else ()),
        *(word for name, value in hyperparameters.items() for word in (f"--{name}", value)),
    ]
    errors, late, refusal = partial.root / "stderr.log", None, ""
    with (
        scratch_folder.shared("training") as (temporary, lock),
        partial.log.open("a") as log,
        errors.open("w") as stderr,
        child_process.start(
            _MODULE,
            arguments,
            stdout=subprocess.PIPE,
            stderr=stderr,
            environment={**environment, "TMPDIR": str(temporary)},
            held=[partial.lock, lock],
        ) as process,
    ):
        try:
            listener.on_start(process)
            refusal = _follow(process, log, listener)
        except BaseException as error:
            _stop(process, log, listener)
            if process.returncode or not isinstance(error, KeyboardInterrupt):
                raise
            late = error
    if process.returncode in _STOPPED:
        raise StopSignal(signal.SIGTERM)
    if process.returncode:
        # The user knows the folder that this one was in.
        shown = {**copied, str(temporary): tempfile.gettempdir()}
        _raise(process.returncode, partial, errors, shown, refusal)
    return late


def _follow(process: "subprocess.Popen[str]", log: TextIO, listener: Listener) -> str:
    """Hand on what it says until it ends; the class of error that it ends with, as it says."""
    assert process.stdout is not None
    refusal = ""
    for line in process.stdout:
        if report := phases.read(line):
            listener.on_phase(report)
        elif (kind := job_log.read_refusal(line)) is not None:
            refusal = kind
        elif (warning := job_log.read_warning(line)) is not None:
            log.write(warning)
            listener.warn(warning.rstrip("\n"))
        else:
            log.write(line)
            listener.on_line(line.rstrip("\n"))
    process.wait()
    return refusal


def _stop(process: "subprocess.Popen[str]", log: TextIO, listener: Listener) -> None:
    """Let the process save and end; asked once more, it ends at once."""

    def show(line: str) -> None:
        # The terminal may be what has gone away.
        with suppress(OSError):
            listener.on_line(line)

    watchdog = threading.Timer(_STOP_SECONDS, process.kill)
    watchdog.start()
    try:
        if process.poll() is None:
            process.terminate()
            show("Stopping: the step is finished and saved. Once more ends it at once.")
        _follow(process, log, replace(listener, on_line=show, on_warning=show))
    finally:
        watchdog.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()


def _raise(
    code: int, partial: PartialOutput, errors: Path, copied: Mapping[str, str], refusal: str
) -> None:
    """Raise what the process ended with.

    Args:
        code: Its exit code; negative where a signal ended it.
        partial: Where it worked.
        errors: The file with what it wrote to stderr.
        copied: As for ``train``.
        refusal: The class of error that it named; empty where it named none.
    """
    failure = partial.root / "output" / "failure"
    reason = failure.read_text(encoding="utf-8") if failure.is_file() else ""
    for copy, path in copied.items():
        reason = reason.replace(visible_lines(copy), path)
    if code == _USER_ERROR and reason:
        raise _REFUSALS.get(refusal, UserError)(reason)
    if code == _USER_ERROR:
        # Where nothing can be written, neither can the reason.
        raise FileAccessError(
            f"The training was refused, and the reason could not be written to {failure}: most "
            "often there is no space left. Free some, or give another output."
        )
    if code == -signal.SIGKILL:
        raise JobFailedError(
            "The training process was killed, most often for want of memory: lower batch_size."
        )
    tail = "\n".join(errors.read_text(errors="replace").splitlines()[-_TRACEBACK_LINES:])
    raise JobFailedError(
        f"The training process ended with exit code {code}. {reason}\nIts last lines:\n{tail}"
    )
