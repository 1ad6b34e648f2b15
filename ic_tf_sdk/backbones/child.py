"""A function of this package, called in a process of its own.

What converts or tries a network there leaves nothing here: TensorFlow keeps the memory of each GPU
that it has once seen, and the training that follows needs it.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ic_tf_sdk import errors
from ic_tf_sdk.contract import child_process, file_access
from ic_tf_sdk.contract.scratch_folder import scratch_folder

__all__ = ["call", "main"]

_REFUSED = 3
_LINES = 20
_PAUSE_SECONDS = 0.2
_ANSWER, _ERRORS = "answer.txt", "errors.txt"


def call(function: str, *arguments: str, meanwhile: Callable[[], object] = lambda: None) -> Any:
    """Call a function and return what it returns.

    Args:
        function: ``"ic_tf_sdk.room.module:name"``; it takes text and returns what JSON can hold.
        arguments: Its arguments.
        meanwhile: Called now and then until it has returned.

    Raises:
        IcTfSdkError: What it raised, of the same class and with the same text.
        FileAccessError: The temporary folder cannot be written.
        JobFailedError: The process broke; the text ends with its last lines.
    """
    with file_access.refusals(), scratch_folder("child") as folder:
        code = _run([function, *arguments], folder, meanwhile)
        answer, said = _lines(folder / _ANSWER)[-1:], _lines(folder / _ERRORS)[-_LINES:]
    if code == 0:
        return json.loads(answer[0])
    if code == _REFUSED and answer:
        name, text = json.loads(answer[0])
        raise getattr(errors, name)(text)
    tail = "\n".join(said)
    raise errors.JobFailedError(f"{function} ended with exit code {code}. Its last lines:\n{tail}")


def _lines(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines()


def _run(arguments: list[str], folder: Path, meanwhile: Callable[[], object]) -> int:
    """Run ``main`` in a process; what it prints goes into files of the folder."""
    temporary = folder / "tmp"
    temporary.mkdir()
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ, "TMPDIR": str(temporary)}
    with (folder / _ANSWER).open("w") as answer, (folder / _ERRORS).open("w") as stderr:
        process = child_process.start(
            __name__,
            arguments,
            stdout=answer,
            stderr=stderr,
            environment=environment,
        )
        with process:
            try:
                while (code := process.poll()) is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(_PAUSE_SECONDS)
                    meanwhile()
            except BaseException:
                process.kill()
                raise
    return code


def main() -> int:
    """Call the function that the command line names, and print what it returns as JSON."""
    return _call(*sys.argv[1:])


def _call(function: str, *arguments: str) -> int:
    module, _, name = function.partition(":")
    try:
        answer, code = getattr(importlib.import_module(module), name)(*arguments), 0
    except (errors.ArchiveError, errors.StorageError, errors.DownloadError) as error:
        answer, code = (type(error).__name__, str(error)), _REFUSED
    except OSError as error:
        answer, code = ("StorageError", str(error)), _REFUSED
    print(json.dumps(answer))
    return code
