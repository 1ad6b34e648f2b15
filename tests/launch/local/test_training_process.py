"""What a training process says and how it ends, as who started it is told: with a small program."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.errors import (
    ArchiveError,
    DatasetError,
    FileAccessError,
    JobFailedError,
    OutputExistsError,
    UserError,
)
from ic_tf_sdk.launch.local import training_process
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.partial_output import EXCLUDE_FILE, PartialOutput, held
from ic_tf_sdk.launch.local.stop_signals import StopSignal

PROGRAM = """
import os, pathlib, signal, sys, time
ROOT = pathlib.Path(os.environ["ROOT"])

def fail(reason):
    (ROOT / "output").mkdir(parents=True, exist_ok=True)
    (ROOT / "output" / "failure").write_text(reason)

def main():
    exec(os.environ["DOES"])
"""


class Heard:
    """What a listener hears."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.phases: list[PhaseReport] = []
        self.listener = Listener(self.lines.append, self.phases.append, self.warnings.append)


@pytest.fixture
def partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PartialOutput]:
    (tmp_path / "little_program.py").write_text(PROGRAM)
    monkeypatch.setattr(training_process, "_MODULE", "little_program")
    with held(tmp_path / "out") as found:
        found.root.mkdir()
        yield found


def environment_of(partial: PartialOutput, does: str) -> dict[str, str]:
    places = {"ROOT": str(partial.root), "PYTHONPATH": str(partial.target.parent)}
    return {**os.environ, **places, "DOES": does}


def run(partial: PartialOutput, does: str, **copied: str) -> Heard:
    heard = Heard()
    environment = environment_of(partial, does)
    training_process.train(partial, {"epochs": "2"}, environment, copied, heard.listener)
    return heard


def test_each_line_is_heard_as_what_it_is_and_kept(partial: PartialOutput) -> None:
    report = PhaseReport("reading", 3, 5.0, "images")
    heard = run(
        partial,
        "print('one'); print('\\x1e!look'); print(os.environ['LINE']); print('\\x1e?DatasetError');"
        " print('two')".replace("os.environ['LINE']", repr(report.line())),
    )
    assert heard.lines == ["one", "two"]
    assert heard.warnings == ["look"]
    assert heard.phases == [report]
    assert partial.log.read_text() == "one\nlook\ntwo\n"
    # A later run's lines stand below.
    run(partial, "print('three')")
    assert partial.log.read_text().endswith("two\nthree\n")


def test_it_is_told_what_to_do_and_where(partial: PartialOutput) -> None:
    said = "print(*sys.argv[1:], sep='\\n'); print(os.environ['TMPDIR'])"
    *words, scratch = run(partial, said).lines
    assert words == [
        "--checkpoint_dir", str(partial.checkpoints), "--stopped_model", str(partial.model),
        "--report_phases", "--epochs", "2",
    ]  # fmt: skip
    assert scratch != os.environ.get("TMPDIR")
    assert not Path(scratch).exists()
    exclude = partial.root / EXCLUDE_FILE
    exclude.parent.mkdir(parents=True)
    exclude.write_text("{}")
    assert run(partial, said).lines[5:7] == ["--exclude", str(exclude)]


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("ArchiveError", ArchiveError), ("DatasetError", DatasetError),
        ("FileAccessError", FileAccessError), ("OutputExistsError", OutputExistsError),
        ("HyperparameterError", UserError), ("", UserError),
    ],
)  # fmt: skip
def test_a_refusal_is_the_same_error_here_with_the_users_own_paths(
    partial: PartialOutput, named: str, kind: type[Exception]
) -> None:
    does = f"named = {named!r}; named and print('\\x1e?' + named); "
    does += "fail('Not /copy/a.jpg in ' + os.environ['TMPDIR'] + '.'); sys.exit(1)"
    with pytest.raises(kind) as refused:
        run(partial, does, **{"/copy": "/mine"})
    assert type(refused.value) is kind
    temporary = tempfile.gettempdir()
    assert str(refused.value) == f"Not /mine/a.jpg in {temporary}."


def test_a_refusal_that_could_not_be_written_says_so(partial: PartialOutput) -> None:
    with pytest.raises(FileAccessError, match=r"the reason could not be written to .*/failure"):
        run(partial, "sys.exit(1)")


def test_what_broke_is_told_with_its_last_lines(partial: PartialOutput) -> None:
    does = "fail('It broke.'); print(*range(60), sep='\\n', file=sys.stderr); sys.exit(3)"
    with pytest.raises(JobFailedError) as failed:
        run(partial, does)
    first, second, *tail = str(failed.value).splitlines()
    assert first == "The training process ended with exit code 3. It broke."
    assert second == "Its last lines:"
    assert tail == [str(number) for number in range(20, 60)]


def test_a_process_that_was_killed_is_told_the_usual_reason(partial: PartialOutput) -> None:
    with pytest.raises(JobFailedError, match="killed, most often for want of memory"):
        run(partial, "os.kill(os.getpid(), signal.SIGKILL)")


@pytest.mark.parametrize(
    "does", ["os.kill(os.getpid(), signal.SIGTERM); time.sleep(9)", "sys.exit(143)"]
)
def test_one_that_somebody_asked_to_end_was_stopped(partial: PartialOutput, does: str) -> None:
    with pytest.raises(StopSignal) as stopped:
        run(partial, does)
    assert stopped.value.number == signal.SIGTERM


SAVES = """
def save(*_):
    # No print: a handler may run within the one below.
    os.write(1, b'saved\\n'); sys.exit(CODE)
signal.signal(signal.SIGTERM, save)
print('ready', flush=True)
# In steps: a signal just before a sleep would wait for its end.
for _ in range(400): time.sleep(0.05)
"""


@pytest.mark.parametrize("code", [143, 0, 1])
def test_an_interrupt_lets_it_save_and_is_handed_on(partial: PartialOutput, code: int) -> None:
    heard = Heard()

    def interrupt(line: str) -> None:
        heard.lines.append(line)
        if line == "ready":
            raise KeyboardInterrupt

    listener = Listener(interrupt)
    environment = environment_of(partial, SAVES.replace("CODE", str(code)))

    raised = False
    # One that escaped would end the test session.
    try:
        late = training_process.train(partial, {}, environment, {}, listener)
    except KeyboardInterrupt:
        raised = True
    # With 0 it was writing its result, which is complete.
    assert raised == (code != 0)
    assert raised or isinstance(late, KeyboardInterrupt)
    assert heard.lines == [
        "ready", "Stopping: the step is finished and saved. Once more ends it at once.", "saved",
    ]  # fmt: skip


def test_an_error_of_the_listener_ends_the_process_too(partial: PartialOutput) -> None:
    def broken(line: str) -> None:
        raise ZeroDivisionError

    environment = environment_of(partial, "print(os.getpid(), flush=True); time.sleep(20)")
    with pytest.raises(ZeroDivisionError):
        training_process.train(partial, {}, environment, {}, Listener(broken))


def test_one_that_does_not_end_is_ended(
    partial: PartialOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_process, "_STOP_SECONDS", 0.2)
    pids: list[int] = []

    def interrupt(line: str) -> None:
        if line.isdigit():
            pids.append(int(line))
            raise KeyboardInterrupt

    does = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print(os.getpid(), flush=True);"
    environment = environment_of(partial, f"{does} time.sleep(20)")
    with pytest.raises(KeyboardInterrupt):
        training_process.train(partial, {}, environment, {}, Listener(interrupt))
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_terminal_that_was_closed_keeps_no_training_from_saving(partial: PartialOutput) -> None:
    """What it says from then on can be shown to nobody."""
    asked: list[str] = []

    def closed(line: str) -> None:
        asked.append(line)
        if line == "ready":
            raise KeyboardInterrupt
        raise OSError(5, "Input/output error")

    environment = environment_of(partial, SAVES.replace("CODE", "143"))
    with pytest.raises(KeyboardInterrupt):
        training_process.train(partial, {}, environment, {}, Listener(closed))
    assert (asked[0], asked[-1]) == ("ready", "saved")
    assert "saved" in partial.log.read_text()
