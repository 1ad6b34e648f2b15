"""A short training by ``ic-tf fit`` that can be disturbed, and what must be true afterwards."""

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IC_TF = (sys.executable, "-m", "ic_tf_sdk.cli")
SETTINGS = {"epochs": 12, "batch_size": 8, "train_only_on_top": False, "optimizer": "rmsprop"}
TERMINAL = Path(__file__).with_name("terminal.py")


@dataclass(frozen=True)
class Place:
    """Where one test runs its commands.

    Attributes:
        root: Its own folder, also the current one of the commands.
        training: The images.
        model: The model to start from.
    """

    root: Path
    training: Path
    model: Path

    @property
    def output(self) -> Path:
        return self.root / "out"

    @property
    def partial(self) -> Path:
        return self.root / "out.partial"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of every command."""
        folder = self.root / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.temporary), "TF_CPP_MIN_LOG_LEVEL": "3"}

    def fit(self, *more: str, **settings: object) -> list[str]:
        """The command line of the training."""
        words = [*IC_TF, "fit", str(self.training), "--output", str(self.output)]
        for name, value in (SETTINGS | settings).items():
            words += ["-s", f"{name}={value}"]
        return [*words, "--model", str(self.model), *more]

    def start(self, command: Sequence[str]) -> "subprocess.Popen[str]":
        """A command whose output is followed."""
        return subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """A command to its end, its output in ``stdout``."""
        process = self.start(command)
        output, _ = process.communicate(timeout=300)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def left(self) -> list[str]:
        """What is in the folder for temporary files, and hidden folders anywhere."""
        hidden = [path for path in self.root.rglob(".*") if path.is_dir()]
        return sorted({str(path) for path in [*self.temporary.iterdir(), *hidden]})

    def processes(self) -> list[int]:
        """Processes of these commands that live."""
        return [pid for pid in _processes() if str(self.root).encode() in _environment(pid)]


def until(process: "subprocess.Popen[str]", text: str) -> None:
    """Read a command's output up to a line with this text."""
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if text in line:
            return
    raise AssertionError(f"{text!r} never came:\n{shown}")


def gone(place: Place, seconds: float = 60) -> bool:
    """Whether every process of the commands ends in this time."""
    end = time.monotonic() + seconds
    while place.processes() and time.monotonic() < end:
        time.sleep(0.1)
    return not place.processes()


def result(archive: Path, reports: Path | None = None) -> tuple[Any, Any]:
    """The digests of a model's weights, and the course of its training."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile("model_info.json")
        assert member is not None
        files = json.load(member)["files"]
    weights = {name: digest for name, digest in files.items() if "variables.data" in name}
    history = json.loads(((reports or archive.parent / "output_data") / "history.json").read_text())
    return weights, (history["epochs"], history["best_epoch"], history["test"])


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _environment(pid: int) -> bytes:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        # Their TMPDIR is below the root, whatever stands in the command line.
        return b"" if state == "Z" else Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""
