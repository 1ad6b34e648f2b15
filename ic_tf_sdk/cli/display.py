"""How far a command's own work is, as ``fit`` shows a job's."""

from collections.abc import Iterator
from contextlib import contextmanager

from ic_tf_sdk.cli.output import is_quiet, tell
from ic_tf_sdk.contract import phases
from ic_tf_sdk.launch.local.display import shown

__all__ = ["phases_shown"]


@contextmanager
def phases_shown(*, silent: bool) -> Iterator[None]:
    """Show the phases of what runs in this process, for as long as the context is open.

    Args:
        silent: Whether to show nothing; a quiet command shows nothing either.
    """
    if silent or is_quiet():
        yield
        return
    with shown(tell, tell) as listener, phases.heard_by(listener.on_phase):
        yield
