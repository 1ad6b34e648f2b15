"""A function of this package, called in a process of its own.

What converts or tries a network there leaves nothing here: TensorFlow keeps the memory of each GPU
that it has once seen, and the training that follows needs it.
"""

import importlib
import json
import os
import subprocess
import sys
from typing import Any

from ic_tf_sdk import errors

__all__ = ["call"]

_REFUSED = 3
_LINES = 20


def call(function: str, *arguments: str) -> Any:
    """Call a function and return what it returns.

    Args:
        function: ``"ic_tf_sdk.room.module:name"``; it takes text and returns what JSON can hold.
        arguments: Its arguments.

    Raises:
        IcTfSdkError: What it raised, of the same class and with the same text.
        JobFailedError: The process broke; the text ends with its last lines.
    """
    command = [sys.executable, "-m", __name__, function, *arguments]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    answer = done.stdout.splitlines()[-1:]
    if done.returncode == 0:
        return json.loads(answer[0])
    if done.returncode == _REFUSED and answer:
        name, text = json.loads(answer[0])
        raise getattr(errors, name)(text)
    tail = "\n".join(done.stderr.splitlines()[-_LINES:])
    raise errors.JobFailedError(
        f"{function} ended with exit code {done.returncode}. Its last lines:\n{tail}"
    )


def _main(function: str, *arguments: str) -> int:
    module, _, name = function.partition(":")
    try:
        answer, code = getattr(importlib.import_module(module), name)(*arguments), 0
    except (errors.ArchiveError, errors.StorageError, errors.DownloadError) as error:
        answer, code = (type(error).__name__, str(error)), _REFUSED
    except OSError as error:
        answer, code = ("StorageError", str(error)), _REFUSED
    print(json.dumps(answer))
    return code


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
