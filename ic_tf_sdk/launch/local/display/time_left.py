"""How long a phase still takes, by how fast it went lately."""

import time
from collections import deque
from collections.abc import Callable

__all__ = ["TimeLeft"]

# The first steps are slower than those that follow: graphs are traced, images decoded. So the first
# does not count at all, and later only the last part of the time, but so much of it that single
# steps do not show.
_COUNTED = 1 / 3
_LEAST_SECONDS = 10.0
_MOST_SAMPLES = 2000


class TimeLeft:
    """The rate of a phase, and its time left.

    Args:
        done: How much is done at its beginning.
        clock: Seconds that only grow.
    """

    def __init__(self, done: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._done = done
        self._samples: deque[tuple[float, float]] = deque()

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    def update(self, done: float) -> None:
        """Take up how much is done now.

        Args:
            done: In the phase's unit.
        """
        now = self._clock()
        if done > self._done:
            self._done = done
            self._samples.append((now, done))
        begin = now - max(_LEAST_SECONDS, _COUNTED * (now - self._began))
        while len(self._samples) > 2 and (
            self._samples[1][0] <= begin or len(self._samples) > _MOST_SAMPLES
        ):
            self._samples.popleft()

    def rate(self) -> float | None:
        """How much is done in a second; None while nothing is."""
        if not self._samples:
            return None
        (begin, before), (end, done) = self._samples[0], self._samples[-1]
        # Of a part too small for a number, the rate is none.
        return (done - before) / (end - begin) or None if end > begin else None

    def seconds(self, total: float) -> float | None:
        """Seconds left; None while nothing can be said.

        Args:
            total: How much there is to do.
        """
        rate = self.rate()
        if rate is None:
            return None
        at, done = self._samples[-1]
        # What was begun since the last report goes on meanwhile.
        return max(0.0, (total - done) / rate - (self._clock() - at))
