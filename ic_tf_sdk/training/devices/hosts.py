"""The hosts of a job: their names, their addresses, and what is said when one of them is lost.

TensorFlow's own coordination service watches the hosts of a running job: a process that ended, a
machine that went away or froze breaks off whatever the others exchange, after some ten seconds.
That a host never appears is found here.
"""

import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ic_tf_sdk.errors import HostLostError, UserError

__all__ = ["ALONE", "APPEARANCE_SECONDS", "EXIT_CODE", "PORT", "Hosts", "read"]

PORT = 8890
"""Where each host's TensorFlow listens, unless its name in ``SM_HOSTS`` ends with another port."""

APPEARANCE_SECONDS = 600.0
"""How long a job waits at its start for its other hosts."""

EXIT_CODE = 4
"""Of a job that lost a host: neither the user's error nor an internal one."""

_PROBE_SECONDS = 3.0
_POLL_SECONDS = 0.2
_TASK = re.compile(r"/job:worker(?:/replica:0)?/task:([0-9]+)")
_LABEL = "[A-Za-z0-9_-]{1,63}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?(?::([0-9]{{1,5}}))?")
_PORTS = range(1, 1 << 16)
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Hosts:
    """The hosts of one job.

    Attributes:
        names: The hosts' names as ``SM_HOSTS`` has them: ``algo-1`` or ``algo-1:8890``.
        index: Which of them this process runs on.
    """

    names: tuple[str, ...] = ("localhost",)
    index: int = 0

    @property
    def chief(self) -> bool:
        """Whether this host prints, writes checkpoints and exports: the first one does."""
        return self.index == 0

    @property
    def several(self) -> bool:
        """Whether there is more than this one."""
        return len(self.names) > 1

    def tf_config(self) -> str:
        """The JSON of TensorFlow's variable ``TF_CONFIG``."""
        addresses = ["{}:{}".format(*_address(name)) for name in self.names]
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": addresses}, "task": task})

    def lost(self, message: str) -> str | None:
        """The sentence for an error that another host's end caused; None for any other error.

        Args:
            message: The message of a ``tf.errors.OpError``.
        """
        if not self.several or "Collective ops is aborted" not in message:
            return None
        lost = {int(number) for number in _TASK.findall(message)} - {self.index}
        names = [name for number, name in enumerate(self.names) if number in lost]
        who = f"host {', '.join(names)}" if names else "another host"
        return (
            f"The training cannot go on: {who} ended or cannot be reached any more. Its own log "
            "says why, if it could. The job started again goes on from its last checkpoint."
        )

    def await_others(self, seconds: float) -> None:
        """Wait until every other host listens on its port.

        TensorFlow would wait for a host that never appears, and lets nothing of Python run
        meanwhile. Here a host listens until it has seen the others; then its TensorFlow takes the
        port over, which those who are still waiting see as well.

        Args:
            seconds: How long to wait for all of them together.

        Raises:
            HostLostError: A host did not appear.
        """
        end = time.monotonic() + seconds
        absent = [name for name in self.names if name != self.names[self.index]]
        with socket.create_server(("", _address(self.names[self.index])[1])):
            while absent := [name for name in absent if not _answers(name)]:
                if time.monotonic() > end:
                    raise HostLostError(
                        f"{', '.join(absent)} of {len(self.names)} hosts did not appear within "
                        f"{seconds:g} seconds."
                    )
                time.sleep(_POLL_SECONDS)


def _address(name: str) -> tuple[str, int]:
    host, _, port = name.partition(":")
    return host, int(port or PORT)


def _answers(name: str) -> bool:
    try:
        with socket.create_connection(_address(name), timeout=_PROBE_SECONDS):
            return True
    except OSError:
        return False


ALONE = Hosts()
"""A job of one host."""


def read(environ: Mapping[str, str]) -> Hosts:
    """The hosts that SageMaker's training toolkit names.

    Args:
        environ: The environment, with ``SM_HOSTS``, a JSON list of names, and
            ``SM_CURRENT_HOST``.

    Raises:
        UserError: They do not fit each other.
    """
    names = _names(environ.get("SM_HOSTS") or "[]")
    if len(names) < 2:
        return ALONE
    current = environ.get("SM_CURRENT_HOST", "")
    if current not in names or len(set(names)) < len(names):
        raise UserError(
            f"SM_CURRENT_HOST {current!r} must be one of SM_HOSTS, each of which is named once: "
            f"{', '.join(names)}."
        )
    return Hosts(tuple(names), names.index(current))


def _names(text: str) -> list[str]:
    """The names of ``SM_HOSTS``, each of which can be an address."""
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"SM_HOSTS is not JSON: {_short(str(error))}") from error
    if not isinstance(names, list):
        raise UserError(f"SM_HOSTS must be a JSON list of names, not {_short(repr(names))}.")
    wrong = [_short(repr(name)) for name in names if not _is_address(name)]
    if wrong:
        raise UserError(
            f"SM_HOSTS must be host names as 'algo-1', or with a port from 1 to {_PORTS[-1]} as "
            f"'algo-1:{PORT}', not {', '.join(wrong)}."
        )
    return names


def _is_address(name: object) -> bool:
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    return found is not None and (found[1] is None or int(found[1]) in _PORTS)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
