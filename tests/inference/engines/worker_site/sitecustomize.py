"""What each worker process of an engine imports first in a test.

It writes down what a worker logs, a line each behind its process's number, and where the folder has
a file ``kill``, the first process that has classified a second batch kills itself, once.
"""

import logging
import os
import signal
from pathlib import Path

FOLDER = Path(os.environ["IC_TF_SDK_TEST_WORKERS"])
LOGGER = logging.getLogger("ic_tf_sdk.inference.engines")


class Recorder(logging.Handler):
    """Appends each line to the folder's log."""

    batches = 0

    def emit(self, record: logging.LogRecord) -> None:
        with (FOLDER / "log").open("a") as log:
            log.write(f"{os.getpid()} {record.getMessage()}\n")
        if record.levelno != logging.DEBUG:
            return
        self.batches += 1
        if self.batches > 1:
            try:
                (FOLDER / "kill").rename(FOLDER / "killed")
            except FileNotFoundError:
                return
            os.kill(os.getpid(), signal.SIGKILL)


LOGGER.setLevel(logging.DEBUG)
LOGGER.addHandler(Recorder())
