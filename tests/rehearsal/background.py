"""What the service works on while it answers: each piece of work has a name and a thread."""

import threading
from collections.abc import Callable

# An SDK gives up reading an answer after 60 seconds.
LONGEST_ANSWER = 45.0


class Background:
    """Work under names.

    Attributes:
        problems: What work was broken by: faults of the rehearsal, not of a job.
    """

    def __init__(self) -> None:
        self.problems: list[BaseException] = []
        self._finished: dict[str, threading.Event] = {}

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Begin with a piece of work and return."""
        self._finished[name] = threading.Event()
        threading.Thread(target=self._do, args=(name, work), daemon=True).start()

    def is_done(self, name: str) -> bool:
        """Whether a piece of work has ended; waits for it as long as an answer may take."""
        return self._finished[name].wait(LONGEST_ANSWER)

    def _do(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.problems.append(error)
        finally:
            self._finished[name].set()
