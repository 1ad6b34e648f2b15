"""A function called in a process of its own, which leaves nothing wherever it ends."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import child
from ic_tf_sdk.contract import scratch_folder
from ic_tf_sdk.errors import ArchiveError, DownloadError, JobFailedError, StorageError

CALLER = """
from ic_tf_sdk.backbones import child
child.call("tests.backbones.test_child:wait")
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    # The child imports nothing of the current folder: it finds this module where it is told.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return folder


def wait() -> None:
    """In the child: leave a file, as TensorFlow does, and wait."""
    descriptor, _ = tempfile.mkstemp("__autograph_generated_file")
    os.write(descriptor, str(os.getpid()).encode())
    time.sleep(600)


def has_ended(process: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def wait_unheard() -> None:
    """In the child: wait as within a long step of TensorFlow, which hears no request to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait()


def die() -> None:
    """In the child: leave a file and be killed."""
    tempfile.mkstemp("__autograph_generated_file")
    os.kill(os.getpid(), signal.SIGKILL)


def test_it_returns_what_the_function_returns_and_imports_nothing_of_the_current_folder(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    own = Path(child.call("tempfile:gettempdir"))
    assert temporary in own.parents
    assert list(temporary.iterdir()) == []


def test_a_killed_child_is_told_and_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(JobFailedError, match="ended with exit code -9"):
        child.call(f"{__name__}:die")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("both", [True, False], ids=["both", "the caller"])
def test_of_killed_ones_nothing_stays_after_the_next_start(temporary: Path, both: bool) -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER])
    while not (files := [p for p in temporary.rglob("*autograph*") if p.read_text()]):
        assert caller.poll() is None
        time.sleep(0.05)
    called = int(files[0].read_text())
    # However long it takes to end: its folder may go before it.
    os.kill(called, signal.SIGKILL if both else signal.SIGSTOP)
    caller.kill()
    caller.wait()
    assert list(temporary.iterdir()) != []
    scratch_folder.sweep()
    assert list(temporary.iterdir()) == []
    if not both:
        os.kill(called, signal.SIGKILL)


def broken(kind: str) -> None:
    """In the child: fail in one of the ways that are told."""
    raise {
        "archive": ArchiveError("The weights are damaged."),
        "download": DownloadError("The host refused."),
        "storage": StorageError("The cache is full."),
        "disk": OSError(28, "No space left on device"),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "error", "said"),
    [
        ("archive", ArchiveError, "The weights are damaged."),
        ("download", DownloadError, "The host refused."),
        ("storage", StorageError, "The cache is full."),
        ("disk", StorageError, "[Errno 28] No space left on device"),
    ],
)
def test_an_error_of_the_child_is_raised_here_with_its_text(
    kind: str,
    error: type[Exception],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["child", f"{__name__}:broken", kind])
    code = child.main()
    answer = capsys.readouterr().out
    monkeypatch.setattr(child, "_run", lambda _, folder, __: wrote(folder, answer, "", code))
    with pytest.raises(error) as caught:
        child.call("any:thing")
    assert str(caught.value) == said
    assert type(caught.value) is error


def wrote(folder: Path, answer: str, said: str, code: int) -> int:
    """As a child that has ended leaves it."""
    (folder / "answer.txt").write_text(answer)
    (folder / "errors.txt").write_text(said)
    return code


def test_the_last_line_is_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["child", "os.path:basename", "/a/b"])
    assert child.main() == 0
    answer = capsys.readouterr().out
    assert json.loads(answer) == "b"
    before = "TensorFlow said something\n"
    monkeypatch.setattr(child, "_run", lambda _, folder, __: wrote(folder, before + answer, "", 0))
    assert child.call("any:thing") == "b"


@pytest.mark.parametrize(("code", "answer"), [(3, ""), (1, '["ArchiveError", "x"]'), (2, "3")])
def test_of_a_process_that_broke_the_last_twenty_lines_are_told(
    code: int, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "\n".join(f"line {number}" for number in range(30))
    monkeypatch.setattr(child, "_run", lambda _, folder, __: wrote(folder, answer, said, code))
    with pytest.raises(JobFailedError) as caught:
        child.call("any:thing")
    first, *lines = str(caught.value).splitlines()
    assert first == f"any:thing ended with exit code {code}. Its last lines:"
    assert lines == [f"line {number}" for number in range(10, 30)]


def test_the_caller_goes_on_meanwhile_and_an_interrupt_ends_the_child(temporary: Path) -> None:
    looks: list[int] = []
    assert child.call("os:getppid", meanwhile=lambda: looks.append(1)) == os.getpid()
    assert looks

    called: list[int] = []

    def interrupted() -> None:
        called.extend(int(p.read_text()) for p in temporary.rglob("*autograph*") if p.read_text())
        if called:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        child.call(f"{__name__}:wait_unheard", meanwhile=interrupted)
    # An interrupt is not waited out for long, and a child that is killed may end a moment later.
    end = time.monotonic() + 60
    while not has_ended(called[0]):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert list(temporary.iterdir()) == []
