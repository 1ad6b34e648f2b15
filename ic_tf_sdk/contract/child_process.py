"""A process of this package that ends when this one does, however this one ends."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import ic_tf_sdk

__all__ = ["start"]

# The current folder is the user's: a random.py there is no module of ours. -P would say so since
# Python 3.11 only. The child runs this process's copy of the package, whatever else is installed.
_BOOT = """
import sys
sys.path[:] = [place for place in sys.path if place]
from importlib import machinery, util
spec = machinery.PathFinder.find_spec("ic_tf_sdk", [sys.argv.pop(1)])
sys.modules["ic_tf_sdk"] = package = util.module_from_spec(spec)
spec.loader.exec_module(package)
from ic_tf_sdk.contract import lifeline
lifeline.run(sys.argv.pop(1))
"""


def start(
    module: str,
    arguments: Sequence[str],
    *,
    stdout: int | IO[Any],
    stderr: int | IO[Any],
    environment: Mapping[str, str] | None = None,
    held: Sequence[int] = (),
) -> "subprocess.Popen[str]":
    """Start ``module.main()`` in a child process.

    The child holds the reading end of a pipe, its standard input; it ends itself, as by SIGTERM,
    when the writing end is closed, which is when this process ends. It is in a session of its own:
    Ctrl-C, a notebook's interrupt and a closed terminal reach this process alone, which passes on
    what it means.

    Args:
        module: Name of the module, whose ``main`` returns an exit code or exits. Where it has a
            ``leave``, that ends the process with the code.
        arguments: The command line without the program's name.
        stdout: Where its output goes, as ``subprocess.Popen`` takes it.
        stderr: Likewise.
        environment: Its environment; by default this process's.
        held: Open files that it holds, too, such as a lock.

    Returns:
        The process, which reads and writes text. Its ``stdin`` must stay open.
    """
    home = str(Path(ic_tf_sdk.__file__).absolute().parents[1])
    options: dict[str, Any] = {}
    if sys.platform != "win32":
        options = {"start_new_session": True, "pass_fds": list(held)}
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT, home, module, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        # Which makes them streams of text.
        errors="backslashreplace",
        **options,
    )
