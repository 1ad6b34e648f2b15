"""One kill at a random moment."""

import os
import random
import signal
import subprocess
from contextlib import suppress

from tests.launch.local.disturbed import Place

SEED = int(os.environ.get("IC_TF_SDK_KILL_SEED", "0"))
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def disturb(place: Place, command: list[str], seconds: float, rng: random.Random) -> str:
    """Start the command and kill it, or its child, at a random moment; says what was done."""
    process = place.start(command)
    moment, number = rng.random() * seconds, rng.choice(SIGNALS)
    wants_child = rng.random() < 0.4
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        children = [pid for pid in place.processes() if pid != process.pid]
        victim = rng.choice(children) if wants_child and children else process.pid
        with suppress(ProcessLookupError):
            os.kill(victim, number)
    output, _ = process.communicate(timeout=200)
    return f"{number.name} after {moment:.1f} s: {process.returncode}\n{output}"
