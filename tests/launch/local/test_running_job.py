"""``fit(wait=False)``: the job goes on beside the program, tells how it ends, and ends with it."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.errors import DatasetError, OutputExistsError, UserError
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local import running_job
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.display.relay import Relay
from ic_tf_sdk.launch.local.running_job import RunningJob
from tests.launch.local.disturbed import Place, gone, until
from tests.launch.local.runs import QUICK


def started(work: Callable[[Listener], None]) -> RunningJob:
    job = RunningJob("mine", work)
    job.start()
    return job


def test_who_waits_late_hears_the_log_from_its_first_line_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    heard = threading.Event()

    def work(listener: Listener) -> None:
        listener.on_line("first")
        listener.warn("careful")
        assert heard.wait(10)
        listener.on_phase(PhaseReport("packing"))
        listener.on_line("last")

    job = started(work)
    assert job.is_running
    assert capsys.readouterr().out == ""
    threading.Timer(0.2, heard.set).start()
    job.wait(logs=True)
    assert not job.is_running
    assert capsys.readouterr().out.splitlines() == ["first", "careful", "last"]
    job.wait(logs=False)
    assert capsys.readouterr().out == ""


AT_ITS_END = """
import time
from ic_tf_sdk.launch.local.running_job import RunningJob

def work(listener):
    while not listener.asked():
        time.sleep(0.02)

RunningJob("mine", work).start()
"""


def test_a_program_that_is_at_its_end_asks_the_job_to_end_and_does_not_wait_for_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ITS_END], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.startswith("The program ends, and with it the training mine: ")


def test_warnings_stay_warnings_when_they_are_told_late() -> None:
    relay, lines, warnings = Relay(), list[str](), list[str]()
    relay.listener.warn("careful")
    relay.listener.on_line("first")
    with relay.heard_by(Listener(lines.append, on_warning=warnings.append)):
        relay.listener.on_line("second")
    relay.listener.on_line("nobody hears it")
    assert (lines, warnings) == (["first", "second"], ["careful"])


def test_what_it_ends_with_is_told_at_each_wait() -> None:
    def work(_: Listener) -> None:
        raise DatasetError("no images")

    job = started(work)
    for _ in range(2):
        with pytest.raises(DatasetError, match="no images"):
            job.wait(logs=False)


def test_an_interrupt_of_the_waiting_leaves_it_running() -> None:
    over = threading.Event()
    job = started(lambda _: assert_(over.wait(10)))
    threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        job.wait(logs=False)
    assert job.is_running
    over.set()
    job.wait(logs=False)


def assert_(truth: bool) -> None:
    assert truth


@pytest.mark.parametrize("early", [True, False], ids=["before-it-starts", "while-it-runs"])
def test_stopped_its_process_is_asked_to_end_whenever_that_starts(early: bool) -> None:
    asked, begun = threading.Event(), threading.Event()

    def work(listener: Listener) -> None:
        if early:
            begun.set()
            assert asked.wait(10)
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
            listener.on_start(process)
            begun.set()
            code = process.wait()
        raise KeyboardInterrupt(code)

    job = started(work)
    assert begun.wait(10)
    if early:
        threading.Timer(0.1, asked.set).start()
    began = time.monotonic()
    job.stop()
    assert time.monotonic() - began < 10
    assert not job.is_running
    # Who stopped it is not told by an exception.
    job.wait(logs=False)
    assert isinstance(job._error, KeyboardInterrupt)
    assert job._error.args == (-signal.SIGTERM,)
    job.stop()


def test_a_process_that_does_not_end_when_it_is_asked_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running_job, "_STOP_SECONDS", 0.2)
    begun, codes = threading.Event(), list[int]()
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    deaf += "; print(1, flush=True); time.sleep(60)"

    def work(listener: Listener) -> None:
        command = [sys.executable, "-S", "-c", deaf]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            listener.on_start(process)
            begun.set()
            codes.append(process.wait())

    job = started(work)
    assert begun.wait(10)
    job.stop()
    assert codes == [-signal.SIGKILL]
    assert not job.is_running


def test_a_program_that_ends_says_so_of_a_job_that_runs_and_nothing_of_one_that_has_ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_end: list[Callable[[], None]] = []
    monkeypatch.setattr(running_job.atexit, "register", at_end.append)
    monkeypatch.setattr(running_job.atexit, "unregister", at_end.remove)
    asked = threading.Event()

    def work(listener: Listener) -> None:
        while not listener.asked():
            time.sleep(0.01)
        asked.set()

    job = started(work)
    assert not asked.is_set()
    [ending] = at_end
    ending()
    assert asked.is_set()
    assert not job.is_running
    said = capsys.readouterr().err
    assert said.startswith("The program ends, and with it the training mine: ")
    assert at_end == []
    ending()
    assert capsys.readouterr().err == ""


def test_a_job_that_ended_in_order_is_not_told_of_at_the_programs_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_end: list[Callable[[], None]] = []
    monkeypatch.setattr(running_job.atexit, "register", at_end.append)
    monkeypatch.setattr(running_job.atexit, "unregister", at_end.remove)
    job = started(lambda _: None)
    job.wait(logs=False)
    assert at_end == []
    job.stop()
    assert not job._process.asked


def test_a_job_beside_the_program_ends_as_one_that_is_waited_for(
    tmp_path: Path,
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tiny_dataset.training.parent)
    left_out = sorted((tiny_dataset.training / "dots").iterdir())[:3]
    estimator = LocalEstimator(
        model_uri=tiny_archive,
        output_path=tmp_path,
        hyperparameters=QUICK | {"epochs": 2},
        exclude=left_out,
    )
    with pytest.raises(UserError, match="no job to wait for"):
        estimator.wait()
    # What can be known at once is told at once.
    with pytest.raises(UserError, match="does not exist"):
        estimator.fit(tmp_path / "missing", wait=False)
    estimator.fit(tiny_dataset.training.name, wait=False, job_name="mine")
    job = estimator.latest_training_job
    assert job is not None
    assert job.describe()["TrainingJobStatus"] == "InProgress"
    monkeypatch.chdir(tmp_path)
    # A later setting is not of this job.
    estimator.set_hyperparameters(epochs=7)
    for call in (lambda: estimator.model_data, estimator.deploy, estimator.history):
        with pytest.raises(UserError, match=r"still running; call wait\(\) first"):
            call()
    with pytest.raises(UserError, match="still running"):
        estimator.fit(tiny_dataset.training)
    while job.is_running and not job.log:
        time.sleep(0.05)
    with pytest.raises(UserError, match="has not ended"):
        LocalEstimator.attach("mine", tmp_path)
    assert "InProgress" in repr(estimator)
    estimator.wait()
    printed = capsys.readouterr().out
    assert "Epoch 2/2 - " in printed
    assert "Left out of training, as listed: 3 images" in printed
    assert set(job.log) <= set(printed.splitlines())
    assert job.describe()["TrainingJobStatus"] == "Completed"
    assert estimator.model_data == f"{tmp_path}/mine/output/model.tar.gz"
    assert len(estimator.history()) == 2
    attached = LocalEstimator.attach("mine", tmp_path)
    assert attached.hyperparameters()["epochs"] == "2"
    with pytest.raises(OutputExistsError):
        estimator.fit(tiny_dataset.training, wait=False, job_name="mine")


def test_a_job_that_fails_says_why_at_wait_and_in_its_description(
    tmp_path: Path, tiny_archive: Path
) -> None:
    (tmp_path / "data" / "only").mkdir(parents=True)
    (tmp_path / "data" / "only" / "1.jpg").write_bytes(b"x")
    estimator = LocalEstimator(model_uri=tiny_archive, output_path=tmp_path / "jobs")
    estimator.fit(tmp_path / "data", wait=False)
    job = estimator.latest_training_job
    assert job is not None
    for wait in (estimator.wait, job.wait, estimator.logs):
        with pytest.raises(DatasetError, match="only one class, 'only'"):
            wait()
    described = job.describe()
    assert described["TrainingJobStatus"] == "Failed"
    assert "only one class" in described["FailureReason"]
    with pytest.raises(UserError, match="No job has succeeded yet"):
        estimator.deploy()


@pytest.mark.slow
def test_a_stopped_job_keeps_where_it_stands_and_the_same_call_goes_on(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    estimator = LocalEstimator(
        model_uri=tiny_archive,
        output_path=tmp_path,
        hyperparameters={"epochs": 1000, "train_only_on_top": False, "batch_size": 8},
    )
    estimator.fit(tiny_dataset.training, wait=False)
    job = estimator.latest_training_job
    assert job is not None
    while not any(line.startswith("Epoch 2/") for line in job.log):
        time.sleep(0.1)
    job.stop()
    assert job.describe()["TrainingJobStatus"] == "Stopped"
    estimator.wait()
    assert Path(estimator.model_data).is_file()
    assert "goes on" in job.log[-1]
    estimator.fit(tiny_dataset.training, wait=False)
    again = estimator.latest_training_job
    assert again is not None
    assert again.name == job.name
    while not any("Resumed from a checkpoint" in line for line in again.log):
        time.sleep(0.1)
    again.stop()


PROGRAM = """
    import signal, sys, time
    from ic_tf_sdk.launch import LocalEstimator

    estimator = LocalEstimator(
        model_uri={model!r}, output_path="jobs",
        hyperparameters={{"epochs": 1000, "train_only_on_top": False, "batch_size": 8}},
    )
    estimator.fit({training!r}, wait=False, job_name="mine")
    job = estimator.latest_training_job
    while not any(line.startswith("Epoch 2/") for line in job.log):
        time.sleep(0.1)
    print("underway", flush=True)
    time.sleep(0.5)
    {rest}
"""
ENDS = {
    "in-order": ("", None),
    "by-an-error": ("raise RuntimeError('mine')", None),
    "interrupted-while-it-waits": ("estimator.wait()", signal.SIGINT),
    "terminated": ("estimator.wait()", signal.SIGTERM),
    "killed": ("estimator.wait()", signal.SIGKILL),
}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads processes off /proc")
@pytest.mark.parametrize("way", ENDS)
def test_no_process_stays_however_the_program_ends(
    way: str, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    rest, number = ENDS[way]
    place = Place(tmp_path, tiny_dataset.training, tiny_archive)
    program = textwrap.dedent(PROGRAM).format(
        model=str(tiny_archive), training=str(tiny_dataset.training), rest=rest
    )
    process = place.start([sys.executable, "-c", program])
    until(process, "underway")
    if number is not None:
        time.sleep(0.5)
        process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert gone(place, 130), output
    partial = tmp_path / "jobs" / "mine" / "output.partial"
    assert list(partial.glob("checkpoints/checkpoint-*.npz"))
    if way in ("in-order", "by-an-error", "interrupted-while-it-waits"):
        assert "The program ends, and with it the training mine" in output
        assert place.left() == []
        assert (partial / "model.tar.gz").is_file()
