"""Whatever stops a training here: it is said in a line, kept, gone on from, and nothing stays."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.launch.local.disturbed import SETTINGS, TERMINAL, Place, gone, result, until

SAID = re.compile(
    r"Stopped after epoch \d+ of 12; best so far \d\.\d+; its checkpoints and the best model are "
    r"in \S+out\.partial\. The same command goes on; --fresh starts anew\."
)

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads processes off /proc")


@pytest.fixture
def place(tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace) -> Place:
    return Place(tmp_path, tiny_dataset.training, tiny_archive)


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> Any:
    """The result of the training that nothing stops."""
    place = Place(tmp_path_factory.mktemp("undisturbed"), tiny_dataset.training, tiny_archive)
    done = place.run(place.fit())
    assert done.returncode == 0, done.stdout
    assert [path.name for path in place.root.iterdir() if path.name != "tmp"] == ["out"]
    assert place.left() == []
    return result(place.output / "model.tar.gz")


def assert_kept(place: Place) -> None:
    """Checkpoints and a model that answers, and no process or scratch folder."""
    assert gone(place)
    assert list(place.partial.glob("checkpoints/checkpoint-*.npz"))
    assert LocalPredictor(place.partial / "model.tar.gz") is not None
    assert {path.name for path in place.partial.iterdir()} == {
        ".lock", "checkpoints", "model.tar.gz", "request.json", "training.log",
    }  # fmt: skip
    assert place.left() == []
    assert not place.output.exists()


def assert_goes_on(place: Place, undisturbed: Any) -> None:
    """The same command ends as the undisturbed training did, and leaves nothing else."""
    done = place.run(place.fit())
    assert done.returncode == 0, done.stdout
    assert "Resumed from a checkpoint" in done.stdout
    assert result(place.output / "model.tar.gz") == undisturbed
    assert not place.partial.exists()
    assert place.left() == []
    assert place.processes() == []


@pytest.mark.slow
@pytest.mark.parametrize(("action", "code"), [("interrupt", 130), ("close", 129)])
def test_ctrl_c_in_a_terminal_and_a_closed_one(
    place: Place, undisturbed: Any, action: str, code: int
) -> None:
    in_terminal = [sys.executable, str(TERMINAL), action, "Epoch 3/12", *place.fit()]
    done = place.run(in_terminal)
    assert done.returncode == code, done.stdout
    # On a terminal lines are folded.
    if action == "interrupt":
        assert SAID.search(" ".join(done.stdout.split())), done.stdout
        assert "Traceback" not in done.stdout
    assert_kept(place)
    assert_goes_on(place, undisturbed)


@pytest.mark.slow
def test_sigterm_by_timeout(place: Place, undisturbed: Any) -> None:
    process = place.start(["timeout", "--preserve-status", "1000", *place.fit()])
    until(process, "Epoch 3/12")
    process.terminate()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    assert SAID.search(output), output
    assert_kept(place)
    assert_goes_on(place, undisturbed)


@pytest.mark.slow
def test_a_killed_parent_is_followed_by_its_training(place: Place, undisturbed: Any) -> None:
    process = place.start(place.fit())
    until(process, "Epoch 3/12")
    process.kill()
    process.communicate()
    # At once: the training may still be saving, and the new run waits for it.
    assert_goes_on(place, undisturbed)


@pytest.mark.slow
def test_a_killed_training_is_no_riddle(place: Place, undisturbed: Any) -> None:
    process = place.start(place.fit())
    until(process, "Epoch 3/12")
    [child] = [pid for pid in place.processes() if pid != process.pid]
    os.kill(child, signal.SIGKILL)
    output, _ = process.communicate()
    assert process.returncode == 3
    assert "was killed, most often for want of memory: lower batch_size." in output
    assert "Its checkpoints are kept in" in output
    assert "Traceback" not in output
    assert place.left() == []
    assert_goes_on(place, undisturbed)


@pytest.mark.slow
def test_of_a_command_and_its_training_killed_together_nothing_stays(
    place: Place, undisturbed: Any
) -> None:
    process = place.start(place.fit())
    until(process, "Epoch 3/12")
    # TensorFlow's own files, too, which it removes at its end only.
    assert list(place.temporary.rglob("__autograph_generated_file*"))
    for pid in place.processes():
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    assert place.left() != []
    assert_goes_on(place, undisturbed)


@pytest.mark.slow
@pytest.mark.merge
def test_a_result_that_is_being_written_is_finished_and_the_command_ends(
    place: Place, undisturbed: Any
) -> None:
    process = place.start(place.fit())
    writing = place.partial / "ml"
    while process.poll() is None and not list(writing.glob(".model-ic-tf-*")):
        time.sleep(0.01)
    process.terminate()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143, output
    assert f"Stopped when the training had ended; its result is complete in {place.output}." in (
        output
    )
    assert result(place.output / "model.tar.gz") == undisturbed
    assert not place.partial.exists()
    assert gone(place)
    assert place.left() == []


@pytest.mark.slow
def test_asked_twice_it_ends_at_once(place: Place) -> None:
    process = place.start(place.fit(epochs=1000))
    until(process, "Epoch 2/1000")
    [child] = [pid for pid in place.processes() if pid != process.pid]
    # It cannot react to the first.
    os.kill(child, signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    until(process, "Once more ends it at once")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Stopped after epoch" in output
    assert gone(place)
    assert place.left() == []


def test_stopped_before_the_first_epoch_nothing_is_left(place: Place) -> None:
    process = place.start(place.fit())
    until(process, "Images in")
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Stopped before the end of the first epoch; nothing was kept." in output
    assert gone(place)
    assert [path.name for path in place.root.iterdir()] == ["tmp"]
    assert place.left() == []


@pytest.mark.slow
def test_other_settings_are_refused_by_name_and_fresh_starts_anew(place: Place) -> None:
    process = place.start(place.fit())
    until(process, "Epoch 2/12")
    process.terminate()
    process.communicate()
    other = place.run(place.fit(batch_size=16))
    assert other.returncode == 1
    assert re.search(r"batch_size differs.*--fresh", other.stdout, re.DOTALL)
    assert_kept(place)
    anew = place.run(place.fit("--fresh", batch_size=16, epochs=2))
    assert anew.returncode == 0, anew.stdout
    assert "Resumed" not in anew.stdout
    assert not place.partial.exists()


def test_two_at_once_are_a_sentence_before_the_training(place: Place) -> None:
    first = place.start(place.fit(epochs=1000))
    until(first, "Epoch 1/1000")
    began = time.monotonic()
    second = place.run(place.fit(epochs=1000))
    assert second.returncode == 1
    assert f"Another run (process {first.pid}) is writing {place.output}" in second.stdout
    assert time.monotonic() - began < 20
    until(first, "Epoch ")
    first.terminate()
    first.communicate()


SCRIPT = """
    import sys
    from ic_tf_sdk.launch import LocalEstimator
    estimator = LocalEstimator(
        model_uri={model!r}, output_path={output!r}, hyperparameters={settings!r}
    )
    try:
        estimator.fit({training!r}, job_name="mine")
    finally:
        print("log:", estimator.latest_training_job.log[-1])
        print("model:", estimator.model_data)
"""


@pytest.mark.slow
def test_ctrl_c_of_a_script_is_an_interrupt_that_says_how_to_go_on(
    place: Place, undisturbed: Any
) -> None:
    """A library leaves it to the program whether it ends: what is raised is an interrupt."""
    program = textwrap.dedent(SCRIPT).format(
        model=str(place.model),
        output=str(place.root / "jobs"),
        settings=SETTINGS,
        training=str(place.training),
    )
    command = [sys.executable, "-u", "-c", program]
    process = place.start(command)
    until(process, "Epoch 3/12")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    said = r"Stopped after epoch \d+ of 12; best so far .* or one with job_name='mine'\."
    assert re.search(rf"^log: {said}$", output, re.MULTILINE), output
    assert re.search(rf"JobStoppedError: {said}$", output.strip()), output
    [partial] = place.root.glob("jobs/mine/output.partial")
    assert "The same job goes on from them." in (partial / "training.log").read_text()
    assert LocalPredictor(partial / "model.tar.gz") is not None
    assert gone(place)
    assert place.left() == []
    again = place.run(command)
    assert again.returncode == 0, again.stdout
    assert "Resumed from a checkpoint" in again.stdout
    model = Path(again.stdout.rpartition("model: ")[2].strip())
    assert result(model) == undisturbed
    assert not partial.exists()


NOTEBOOK = """
    from ic_tf_sdk.launch import LocalEstimator
    estimator = LocalEstimator(
        model_uri={model!r}, output_path={output!r}, hyperparameters={settings!r}
    )
    estimator.fit({training!r})
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_notebooks_interrupt_is_one_line_and_the_cell_goes_on(
    place: Place, undisturbed: Any
) -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(env=place.environment, cwd=str(place.root))
    try:
        code = textwrap.dedent(NOTEBOOK).format(
            model=str(place.model),
            output=str(place.root / "jobs"),
            settings=SETTINGS,
            training=str(place.training),
        )
        error = executed(client, code, manager.interrupt_kernel, at="Epoch 3/12")
        [line] = error["traceback"]
        assert re.match(
            r"Stopped after epoch \d+ of 12; best so far .*The same call of fit goes", line
        )
        best = printed(client, "print(estimator.model_data)").strip()
        assert LocalPredictor(best) is not None
        assert best.endswith("output.partial/model.tar.gz")
        text = printed(client, f"estimator.fit({str(place.training)!r})")
        assert "Resumed from a checkpoint" in text
        model = Path(printed(client, "print(estimator.model_data)").strip())
        assert result(model) == undisturbed
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert not list((place.root / "jobs").rglob("*.partial"))
    assert place.left() == []


def executed(client: Any, code: str, react: Any = None, at: str = "") -> dict[str, Any]:
    """The content of the reply to a cell; ``react`` is called when it has printed a text."""
    message = client.execute(code)
    text = ""
    content: dict[str, Any] = {}
    while True:
        answer = client.get_iopub_msg(timeout=120)
        if answer["parent_header"].get("msg_id") != message:
            continue
        if answer["msg_type"] == "stream":
            text += answer["content"]["text"]
        if react is not None and at in text:
            react()
            react = None
        if answer["msg_type"] == "error":
            content = answer["content"]
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return {**content, "text": text}


def printed(client: Any, code: str) -> str:
    content = executed(client, code)
    assert "traceback" not in content, content
    return str(content["text"])


@pytest.mark.slow
def test_checkpoints_of_an_estimator_are_taken_up_by_the_next(
    place: Place, undisturbed: Any
) -> None:
    """``checkpoint_local_path`` counts, and SIGTERM ends a program with a line."""
    program = textwrap.dedent(NOTEBOOK).format(
        model=str(place.model),
        output=str(place.root / "jobs"),
        settings={
            "epochs": 12,
            "batch_size": 8,
            "train_only_on_top": False,
            "optimizer": "rmsprop",
        },
        training=str(place.training),
    )
    program = program.replace("output_path", "checkpoint_local_path='kept', output_path")
    command = [sys.executable, "-u", "-c", program + "print(estimator.model_data)"]
    process = place.start(command)
    until(process, "Epoch 3/12")
    process.terminate()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "Stopped after epoch" in output
    assert "Traceback" not in output
    assert gone(place)
    done = subprocess.run(
        command, cwd=place.root, env=place.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Resumed from a checkpoint" in done.stdout
    assert result(Path(done.stdout.splitlines()[-1])) == undisturbed
