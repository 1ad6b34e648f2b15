"""How far a command is: one line on a terminal, plain ones elsewhere, none where it is quiet."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from ic_tf_sdk import extras
from ic_tf_sdk.cli.output import is_quiet, say
from ic_tf_sdk.contract import phases
from ic_tf_sdk.inference import quiet_tensorflow
from ic_tf_sdk.launch.local.display import SILENT, Listener, shown

__all__ = ["load_tensorflow", "progress"]


def progress(
    on_line: Callable[[str], object] = say, *, silent: bool = False
) -> AbstractContextManager[Listener]:
    """What shows a command's work for as long as the context is open.

    Args:
        on_line: Called with each line, where standard output is no terminal.
        silent: Whether only the answer is asked for; warnings are shown all the same.
    """

    def warn(text: str) -> None:
        say(text, err=True)

    if silent or is_quiet():
        return nullcontext(replace(SILENT, on_warning=warn))
    return shown(on_line, warn)


def load_tensorflow(listener: Listener) -> None:
    """Load TensorFlow without its lines, as a phase; where it is not installed, nothing is done.

    Args:
        listener: It hears of it.
    """
    if not extras.has("tensorflow"):
        return
    with phases.phase("loading", say=listener.on_phase):
        quiet_tensorflow.load()
