"""What a command sends to a terminal of a given size."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_CODES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


class Recorded(NamedTuple):
    """A recording.

    Attributes:
        code: The exit code.
        sent: All that the terminal was sent.
        silent: The most seconds without anything.
    """

    code: int
    sent: str
    silent: float

    @property
    def text(self) -> str:
        """What was sent, less the codes that move the cursor or colour."""
        # What is written over a line is another line here.
        return _CODES.sub("", self.sent.replace("\x1b[2K", "\n")).replace("\r", "")

    def words(self, *, lasting: bool = False) -> set[str]:
        """The words of it, less what frames them.

        Args:
            lasting: Only those that nothing is written over.
        """
        sent = self.sent
        if lasting:
            sent = "\n".join(line.rpartition("\x1b[2K")[2] for line in sent.split("\n"))
        text = self._replace(sent=sent).text
        return {word.strip(",:─━ ") for word in text.split()} - {""}


def record(
    words: Sequence[object], *, columns: int, folder: Path, stop_at: str = "", **variables: str
) -> Recorded:
    """Run ``ic-tf`` in a terminal of 24 lines.

    Args:
        words: The command line without ``ic-tf``.
        columns: The terminal's width.
        folder: The current folder.
        stop_at: Text at which SIGINT is sent; empty for none.
        variables: Further variables of the environment.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    unwanted = {"COLUMNS", "LINES", "NO_COLOR", "TF_CPP_MIN_LOG_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    process = subprocess.Popen(
        [sys.executable, "-m", "ic_tf_sdk.cli", *map(str, words)],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env={**environment, "TERM": "xterm", **variables},
    )  # fmt: skip
    os.close(theirs)
    sent, silent, last = b"", 0.0, time.monotonic()
    try:
        while some := os.read(ours, 4096):
            now = time.monotonic()
            silent, last = max(silent, now - last), now
            sent += some
            if stop_at and stop_at.encode() in sent:
                # As a person, who reads it first.
                time.sleep(1)
                process.send_signal(signal.SIGINT)
                stop_at = ""
    except OSError:
        # The terminal has no other end any more.
        pass
    finally:
        os.close(ours)
    return Recorded(process.wait(), sent.decode(), silent)
