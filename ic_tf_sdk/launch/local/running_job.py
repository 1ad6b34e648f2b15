"""A job that runs while the program goes on: a thread that follows the training process.

Python gives signals to the main thread alone, so none ends such a job by itself. It ends with the
program, however that ends: at its end in order, or as a process whose parent is gone.
"""

import atexit
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from ic_tf_sdk.launch.local.display import Listener, shown
from ic_tf_sdk.launch.local.display.listener import SILENT
from ic_tf_sdk.launch.local.display.relay import Relay

__all__ = ["RunningJob"]

# What a training has to finish its step and to save, as where a signal stops it.
_STOP_SECONDS = 120.0
_SECONDS_BETWEEN_LOOKS = 0.5


class RunningJob:
    """A job that was started and not waited for.

    Args:
        name: Its name.
        work: Does it, in a thread of its own, and raises what it can end with.
        display: Opens what shows it to who waits.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Listener], None],
        display: Callable[[], AbstractContextManager[Listener]] = shown,
    ) -> None:
        self._name, self._work, self._display = name, work, display
        self._relay, self._process = Relay(), _Process()
        self._error: BaseException | None = None
        # A join that is interrupted takes the thread for ended, in Python up to 3.12.
        self._over = threading.Event()

    def start(self) -> None:
        """Start it; it is stopped when the program ends."""
        atexit.register(self._end)
        threading.Thread(target=self._run, name=f"ic-tf-{self._name}", daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._over.is_set()

    def wait(self, *, logs: bool) -> None:
        """Wait until it has ended.

        An interrupt of the waiting leaves the job running.

        Args:
            logs: Whether to print its log from the first line on, and how far it is.

        Raises:
            BaseException: What it ended with, at each call; nothing where ``stop`` ended it.
        """
        display = self._display() if logs else nullcontext(SILENT)
        with display as listener, self._relay.heard_by(listener):
            # Where a wait has no end, Windows sees no Ctrl-C.
            while not self._over.wait(_SECONDS_BETWEEN_LOOKS):
                pass
            if self._error is not None and not self._process.asked:
                raise self._error

    def stop(self) -> None:
        """Let it finish its step, save and end; without effect on one that has ended."""
        if not self.is_running:
            return
        self._process.ask()
        if not self._over.wait(_STOP_SECONDS):
            self._process.kill()
            self._over.wait()

    def _run(self) -> None:
        try:
            asked = self._process.was_asked
            self._work(replace(self._relay.listener, on_start=self._process.take, asked=asked))
        except BaseException as error:
            # It is told where somebody waits.
            self._error = error
        finally:
            atexit.unregister(self._end)
            self._over.set()

    def _end(self) -> None:
        if self.is_running:
            print(
                f"The program ends, and with it the training {self._name}: it finishes its step "
                "and saves. The same call of fit goes on.",
                file=sys.stderr,
            )
        self.stop()


class _Process:
    """The training process, which may not have been started when it is asked to end."""

    def __init__(self) -> None:
        self.asked = False
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def take(self, process: "subprocess.Popen[str]") -> None:
        with self._lock:
            self._process = process
            if self.asked:
                process.terminate()

    def was_asked(self) -> bool:
        return self.asked

    def ask(self) -> None:
        with self._lock:
            self.asked = True
            if self._process is not None:
                self._process.terminate()

    def kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()
