"""A program that is run to its end, and what it took, as a whole and between two of its lines."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple


class Used(NamedTuple):
    """What a process took.

    Attributes:
        wall: Seconds.
        user: Seconds of processor time in its own code.
        system: Seconds of processor time in the kernel, page faults among them.
        faults: Pages that the kernel put in place without reading a disk.
        peak_mb: The most of resident memory, up to the end.
    """

    wall: float
    user: float
    system: float
    faults: float
    peak_mb: float = 0.0

    @property
    def processor(self) -> float:
        """Seconds, of both kinds."""
        return self.user + self.system

    def since(self, earlier: "Used") -> "Used":
        """What was taken from then to now."""
        more = [now - then for now, then in zip(self, earlier, strict=True)]
        return Used(*more[:-1], self.peak_mb)


class Ended(NamedTuple):
    """A process that has ended.

    Attributes:
        whole: What it took.
        marks: What it had taken at each line that was asked for.
        lines: All that it wrote.
    """

    whole: Used
    marks: list[Used]
    lines: list[str]


def run(
    command: Sequence[str],
    environment: dict[str, str],
    *,
    marks: Callable[[str], bool] = lambda _: False,
    folder: Path | None = None,
) -> Ended:
    """Run a program; ``SystemExit`` with the end of what it said where it fails.

    Args:
        command: The program and its arguments.
        environment: All of it.
        marks: Whether a line of its output is one to look at the process at.
        folder: Where it runs.
    """
    began, lines = time.perf_counter(), list[str]()
    found = list[Used]()
    process = subprocess.Popen(
        command,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
    )
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.append(line)
            if marks(line):
                found.append(so_far(process.pid, time.perf_counter() - began))
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(
            f"{' '.join(command)}\nended with {process.returncode}:\n{''.join(lines[-40:])}"
        )
    peak = usage.ru_maxrss / 1024
    return Ended(Used(wall, usage.ru_utime, usage.ru_stime, usage.ru_minflt, peak), found, lines)


def so_far(number: int, wall: float) -> Used:
    """What a running process has taken, without its peak.

    Args:
        number: Its process id.
        wall: Seconds since it began, as the caller counts them.
    """
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return Used(wall, int(fields[11]) / tick, int(fields[12]) / tick, float(fields[7]))


def megabytes(number: int) -> int:
    """Resident memory of a running process."""
    status = Path(f"/proc/{number}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) // 1024
