"""A local job is the container's job: the same entry point, in a child process."""

import json
import os
import shutil
import signal
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.errors import (
    ArchiveError,
    DatasetError,
    HyperparameterError,
    JobFailedError,
    OutputExistsError,
    UnknownModelError,
    UserError,
)
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.launch.local import earlier_model, partial_output
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

QUICK = {"epochs": 2, "train_only_on_top": True, "batch_size": "16", "learning_rate": 0.1}


@pytest.fixture(scope="module")
def job(
    tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> SimpleNamespace:
    """One finished job and the lines it printed."""
    lines: list[str] = []
    reports: list[PhaseReport] = []
    wanted = request(
        model=tiny_archive,
        training=tiny_dataset.training,
        test=tiny_dataset.test,
        hyperparameters=QUICK,
    )
    output = tmp_path_factory.mktemp("local") / "output"
    environments: list[bytes] = []

    def hear(line: str) -> None:
        if not lines:
            environments.extend(children())
        lines.append(line)

    done = local_job.run(wanted, output=output, listener=Listener(hear, reports.append))
    return SimpleNamespace(
        done=done, lines=lines, output=output, reports=reports, environments=environments
    )


def children() -> list[bytes]:
    """The environments of the processes that this one has started."""
    found = [file.read_text().split() for file in Path("/proc/self/task").glob("*/children")]
    return [Path(f"/proc/{pid}/environ").read_bytes() for pids in found for pid in pids]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads processes off /proc")
def test_a_job_leaves_a_gpus_memory_to_others(job: SimpleNamespace) -> None:
    assert any(b"\0TF_FORCE_GPU_ALLOW_GROWTH=true\0" in one for one in job.environments)


def test_a_job_leaves_its_archive_reports_and_log_and_nothing_else(job: SimpleNamespace) -> None:
    assert {path.name for path in job.output.iterdir()} == {
        "model.tar.gz", "output_data", "training.log",
    }  # fmt: skip
    assert [path.name for path in job.output.parent.iterdir()] == ["output"]
    with tarfile.open(job.done.model_data) as tar:
        names = tar.getnames()
    assert "1/saved_model.pb" in names
    assert "code/inference.py" in names
    assert not [name for name in names if name.startswith("./")]


def test_the_log_streams_line_by_line(job: SimpleNamespace) -> None:
    assert job.done.log.read_text().splitlines() == job.lines
    assert [line for line in job.lines if line.startswith("Epoch 2/2 - ")]


def test_a_job_says_of_each_phase_that_it_begins_and_ends(job: SimpleNamespace) -> None:
    ended = [report for report in job.reports if report.ended]
    assert [report.name for report in ended] == [
        "reading", "reading", "loading", "opening", "building", "features", "training",
        "evaluation", "features", "evaluation", "calibration", "export", "packing",
    ]  # fmt: skip
    begun = [report for report in job.reports if report.done == 0 and not report.ended]
    assert {report.name for report in begun} == {report.name for report in ended}
    for report in ended:
        assert report.total is None or report.done >= report.total, report
    assert [r.detail for r in ended if r.name == "evaluation"] == ["validation", "test"]
    (training,) = (report for report in ended if report.name == "training")
    assert training.detail == "epoch 2/2"


def test_what_is_said_of_phases_is_no_line_of_the_log(job: SimpleNamespace) -> None:
    assert "\x1e" not in job.done.log.read_text()
    assert not [line for line in job.lines if "\x1e" in line]


def test_hyperparameters_reach_the_job(job: SimpleNamespace) -> None:
    assert len(job.done.history.epochs) == 2
    with tarfile.open(job.done.model_data) as tar:
        info = json.load(tar.extractfile("model_info.json"))
    assert info["fine_tuning"]["hyperparameters"]["batch_size"] == "16"
    assert info["fine_tuning"]["hyperparameters"]["train_only_on_top"] == "True"


def test_the_archive_answers_and_trains_further(
    job: SimpleNamespace, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    image = next((tiny_dataset.test / "dots").iterdir()).read_bytes()
    answer = json.loads(LocalPredictor(job.done.model_data).predict(image))
    assert len(answer["probabilities"]) == 3
    wanted = request(
        model=job.done.model_data, training=tiny_dataset.training, hyperparameters=QUICK
    )
    again = local_job.run(wanted, output=tmp_path / "again", on_line=lambda _: None)
    assert again.history.epochs[0]["loss"] < job.done.history.epochs[0]["loss"]


def test_a_model_trained_further_keeps_its_recipe_and_the_log_says_so(
    job: SimpleNamespace, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    plain = request(model=job.done.model_data, training=tiny_dataset.training)
    assert plain.kept == {"train_only_on_top": "True", "learning_rate": "0.1"}
    assert plain.hyperparameters == plain.kept
    # The run's own: epochs and batch_size are not kept.
    chosen = request(
        model=job.done.model_data,
        training=tiny_dataset.training,
        hyperparameters={"train_only_top_layer": False, "epochs": 1},
    )
    assert chosen.hyperparameters == {
        "learning_rate": "0.1",
        "train_only_on_top": "False",
        "epochs": "1",
    }
    lines: list[str] = []
    warnings: list[str] = []
    listener = Listener(lines.append, on_warning=warnings.append)
    again = local_job.run(chosen, output=tmp_path / "again", listener=listener)
    assert lines[0] == "Kept from the earlier training of the model: learning_rate=0.1"
    assert sorted(again.log.read_text().splitlines()) == sorted(lines + warnings)
    [warning] = warnings
    assert warning.startswith("Warning: ")
    assert warning.endswith("train_only_on_top 'True' before, 'False' now")
    assert job.lines[0] != lines[0]


def test_what_a_job_is_sent_it_trains_with_and_warns_of_the_difference(
    job: SimpleNamespace, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    sent = request(
        model=job.done.model_data, training=tiny_dataset.training, hyperparameters=QUICK
    ).model_copy(update={"kept": {}, "hyperparameters": {"epochs": "1"}})
    lines: list[str] = []
    local_job.run(sent, output=tmp_path / "sent", on_line=lines.append)
    [warning] = [line for line in lines if line.startswith("Warning: ")]
    assert "train_only_on_top 'True' before, 'False' now" in warning
    assert "learning_rate '0.1' before, '0.001' now" in warning
    assert "batch_size" not in warning
    assert not any(line.startswith("Kept") for line in lines)


def test_the_earlier_model_is_measured_on_the_same_images(
    job: SimpleNamespace,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Whatever it is afterwards is put back.
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "")
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH")
    before = earlier_model.accuracy(job.done.model_data, tiny_dataset.test)
    assert before == pytest.approx(job.done.history.test["accuracy"])
    # The training, in its own process, has the rest of a GPU.
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    # Those that the training leaves out are none of them.
    test = tmp_path / "test"
    shutil.copytree(tiny_dataset.test, test)
    shutil.copy(min((tiny_dataset.training / "stripes").iterdir()), test / "dots" / "wrong.jpg")
    assert earlier_model.accuracy(job.done.model_data, test) != pytest.approx(before)
    less = earlier_model.accuracy(job.done.model_data, test, left_out=["dots/wrong.jpg"])
    assert less == pytest.approx(before)


def test_a_saved_model_folder_is_described_by_its_model_id(
    tiny_backbone: Path, tiny_dataset: SimpleNamespace
) -> None:
    model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    wanted = request(model=tiny_backbone, model_id=model_id, training=tiny_dataset.training)
    assert wanted.model.described_by is not None
    assert wanted.model.described_by.input_height == 224
    assert wanted.hyperparameters["batch_size"] == "32"


def test_what_is_wrong_with_a_copy_names_the_path_that_was_given(
    tmp_path: Path, tiny_backbone: Path, tiny_dataset: SimpleNamespace
) -> None:
    broken = tmp_path / "weights"
    shutil.copytree(tiny_backbone, broken)
    graph = (broken / "saved_model.pb").read_bytes()
    (broken / "saved_model.pb").write_bytes(graph[: len(graph) // 2])
    model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    training = request(model=broken, model_id=model_id, training=tiny_dataset.training)
    with pytest.raises(
        ArchiveError, match=f"The SavedModel in {broken} cannot be loaded"
    ) as caught:
        local_job.run(training, output=tmp_path / "out", on_line=lambda _: None)
    assert str(tmp_path / ".out-") not in str(caught.value)


def test_weights_that_are_not_the_model_ids_are_refused(tmp_path: Path, tiny_archive: Path) -> None:
    from ic_tf_sdk.contract import archive, model_info
    from ic_tf_sdk.specs.hyperparameters import parse
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    archive.extract(tiny_archive, tmp_path / "m")
    info = model_info.read(tmp_path / "m")
    assert info is not None
    info.model_copy(update={"feature_vector_size": 1280}).write(tmp_path / "m")
    with pytest.raises(ArchiveError, match="it gives 12 features, and that model 1280"):
        Classifier(open_source(tmp_path / "m"), 3, parse({}))


def test_a_saved_model_folder_without_description_is_read_off_its_signature(
    tmp_path: Path, tiny_backbone: Path, tiny_dataset: SimpleNamespace
) -> None:
    wanted = request(model=tiny_backbone, training=tiny_dataset.training, hyperparameters=QUICK)
    with pytest.raises(UserError, match=r"no fixed image size.*Name the model id"):
        local_job.run(wanted, output=tmp_path / "out", on_line=lambda _: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("tensorflow-ic-imagenet-mobilenet-v2-100-224", UnknownModelError, "Did you mean"),
        ("missing/model.tar.gz", ArchiveError, "does not exist"),
        ("model.tar.gz", ArchiveError, "does not exist"),
        (
            "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
            ArchiveError,
            "weights .* are not part of this package",
        ),
    ],
)
def test_a_model_that_is_not_here_is_refused_before_anything_starts(
    tiny_dataset: SimpleNamespace, model: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        request(model=model, training=tiny_dataset.training)


def test_every_hyperparameter_problem_is_named_before_anything_starts(
    tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    with pytest.raises(HyperparameterError) as caught:
        request(
            model=tiny_archive,
            training=tiny_dataset.training,
            hyperparameters={"epoch": 3, "learning_rate": 2},
        )
    assert len(caught.value.problems) == 2
    assert "Did you mean 'epochs'?" in str(caught.value)


def test_a_refusal_of_the_job_is_the_callers_error_and_leaves_nothing(
    tmp_path: Path, tiny_archive: Path
) -> None:
    (tmp_path / "data" / "only").mkdir(parents=True)
    (tmp_path / "data" / "only" / "1.jpg").write_bytes(b"x")
    wanted = request(model=tiny_archive, training=tmp_path / "data")
    with pytest.raises(DatasetError, match="only one class, 'only'"):
        local_job.run(wanted, output=tmp_path / "deep" / "out", on_line=lambda _: None)
    assert list((tmp_path / "deep").iterdir()) == []


def test_an_internal_error_is_told_with_its_traceback(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # A broken installation: the child finds a module that cannot be imported.
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "tf_keras.py").write_text("raise RuntimeError('broken on purpose')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    wanted = request(model=tiny_archive, training=tiny_dataset.training, hyperparameters=QUICK)
    with pytest.raises(JobFailedError, match=r"exit code 3(.|\n)*broken on purpose"):
        local_job.run(wanted, output=tmp_path / "out", on_line=lambda _: None)
    assert not (tmp_path / "out").exists()


def test_an_existing_output_is_never_written_to(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    wanted = request(model=tiny_archive, training=tiny_dataset.training)
    with pytest.raises(OutputExistsError, match="already exists"):
        local_job.run(wanted, output=tmp_path, on_line=lambda _: None)


def test_a_result_that_was_complete_when_the_process_was_killed_is_taken(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The kill came after the move and before the partial output was removed."""
    training = request(model=tiny_archive, training=tiny_dataset.training, hyperparameters=QUICK)
    other = request(model=tiny_archive, training=tiny_dataset.test, hyperparameters=QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(partial_output.PartialOutput, "remove", lambda _: None)
        first = local_job.run(training, output=tmp_path / "out", on_line=lambda _: None)
    weights = first.model_data.read_bytes()
    with pytest.raises(OutputExistsError, match="already exists"):
        local_job.run(other, output=tmp_path / "out")
    again = local_job.run(training, output=tmp_path / "out", on_line=lambda _: pytest.fail("ran"))
    assert again.model_data.read_bytes() == weights
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(OutputExistsError, match="already exists"):
        local_job.run(training, output=tmp_path / "out")


def test_an_interrupt_while_the_result_is_packed_waits_for_it(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    pack = archive.pack

    def interrupted(folder: Path, target: Path, *, quickly: bool) -> None:
        signal.raise_signal(signal.SIGINT)
        pack(folder, target, quickly=quickly)

    monkeypatch.setattr(archive, "pack", interrupted)
    training = request(model=tiny_archive, training=tiny_dataset.training, hyperparameters=QUICK)
    with pytest.raises(JobStoppedError, match="its result is complete in") as stop:
        local_job.run(training, output=tmp_path / "out", on_line=lambda _: None)
    assert stop.value.number == signal.SIGINT
    assert stop.value.model_data == tmp_path / "out" / "model.tar.gz"
    assert LocalPredictor(stop.value.model_data) is not None
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
