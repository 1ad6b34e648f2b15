"""A training job on this machine: the container's entry point and layout, without the container."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.contract import (
    archive,
    file_access,
    file_lock,
    folder_names,
    gpu_memory,
    history_record,
    memory_allocator,
    model_archive,
    output_files,
    phases,
    scratch_folder,
    tracking_place,
)
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import DatasetError, JobFailedError, UserError
from ic_tf_sdk.launch.local import partial_output, stop_signals
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.launch.local.partial_output import EXCLUDE_FILE, PartialOutput
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.stopped_job import stopped
from ic_tf_sdk.launch.local.training_process import train

__all__ = ["LocalJob", "check", "finished", "model_channel", "run"]

_NO_SIGNALS = (
    "On Windows a stopped training is ended at once and goes on from the last finished epoch; what "
    "a killed one leaves in the folder for temporary files stays there."
)


@dataclass(frozen=True)
class LocalJob:
    """A finished local job.

    Attributes:
        model_data: The ``model.tar.gz`` that SageMaker would upload.
        output_data: Folder of the reports.
        log: Every line that the job printed.
    """

    model_data: Path
    output_data: Path
    log: Path

    @property
    def history(self) -> HistoryRecord:
        """What happened in each epoch, and on the test channel."""
        return history_record.read(self.output_data)


def finished(output: Path) -> LocalJob | None:
    """The job whose complete result is in a folder; None where there is none.

    Args:
        output: As for ``run``.
    """
    job = LocalJob(output / "model.tar.gz", output / "output_data", output / "training.log")
    return job if job.model_data.is_file() else None


def check(output: Path, folders: Iterable[Path]) -> None:
    """Refuse what can be known before the work.

    Args:
        output: As for ``run``.
        folders: The channels'.

    Raises:
        OutputExistsError: It exists.
        FileAccessError: It could not be written.
        DatasetError: Channels are no folders; all of them are named.
        MissingExtraError: The extra ``train`` is not installed; or ``mlflow``, which the
            environment asks for.
    """
    partial_output.require_free(output)
    if absent := [reason for folder in folders if (reason := folder_names.absence(folder))]:
        raise DatasetError("\n".join(absent))
    # The child would end in a traceback of its imports.
    extras.require("tensorflow", "tf_keras", "tensorflow_hub")
    if tracking_place.is_named(os.environ):
        extras.require("mlflow")


def run(
    request: TrainingRequest,
    *,
    output: str | Path,
    on_line: Callable[[str], None] = print,
    listener: Listener | None = None,
    checkpoints: str | Path | None = None,
    fresh: bool = False,
    tracked: bool = True,
) -> LocalJob:
    """Train in a child process and collect what it leaves.

    A job that was stopped or killed leaves ``<output>.partial``; the same job, called again with
    the same output, goes on from there and ends as if it had not been disturbed.

    Args:
        request: What to train.
        output: A folder to create: ``model.tar.gz``, ``output_data/`` and ``training.log``. It
            appears when the job has succeeded, complete.
        on_line: Called with each line of the job's log as it comes.
        listener: Instead of ``on_line``: it hears of warnings apart, and how far each phase is.
        checkpoints: Folder of the checkpoints, which then stay; by default in the partial output.
        fresh: Whether to start anew where an earlier run could be gone on from.
        tracked: Whether it is a run of its own where the environment names a server of MLflow.

    Raises:
        OutputExistsError: ``output`` exists.
        MissingExtraError: The extra ``train`` is not installed.
        FileAccessError: It cannot be written, or its disk is full.
        UserError: The job refused its input, or another process writes this output.
        JobFailedError: The job broke; the text ends with its traceback.
        JobStoppedError: This process was asked to end, by Ctrl-C, SIGTERM or SIGHUP.
    """
    target = Path(output)
    check(target, request.channels.values())
    folder = None if checkpoints is None else Path(checkpoints).absolute()
    scratch_folder.sweep()
    with file_access.refusals(target), partial_output.held(target, folder) as partial:
        variables = dict(feature_cache.for_job(used=request.cached))
        if not tracked:
            variables[tracking_place.VARIABLE] = ""
        _run(request, partial, listener or Listener(on_line), variables, fresh=fresh)
    job = finished(target)
    assert job is not None
    return job


def _run(
    request: TrainingRequest,
    partial: PartialOutput,
    listener: Listener,
    variables: Mapping[str, str],
    *,
    fresh: bool,
) -> None:
    """Train, and let the result appear, or keep what the next run goes on from."""
    if not partial.begin(request, fresh=fresh):
        partial.remove()
        return
    if not file_lock.SUPPORTED:
        listener.warn(_NO_SIGNALS)
    try:
        with file_access.refusals(partial.target), stop_signals.raising():
            environment = {**_lay_out(partial.root, request), **variables}
            _say_kept(request, partial, listener)
            copied = {str(partial.root / "input" / "data" / "model"): str(request.model.path)}
            late = train(partial, _sent(request), environment, copied, listener)
            _collect(partial, late, listener)
    except KeyboardInterrupt as interrupt:
        metric = request.hyperparameters.get("eval_metric", "accuracy")
        number = stop_signals.number_of(interrupt)
        raise stopped(partial, number, metric=metric) from None
    except (JobFailedError, UserError) as error:
        if kept := _kept(partial):
            raise type(error)(f"{error}{kept}") from error
        raise
    except BaseException:
        partial.settle()
        raise


def _sent(request: TrainingRequest) -> dict[str, str]:
    """The flags of the training: its hyperparameters, and the folder of old images."""
    old = {} if request.rehearse is None else {"rehearse": str(request.rehearse)}
    return {**request.hyperparameters, **old}


def _collect(partial: PartialOutput, late: KeyboardInterrupt | None, listener: Listener) -> None:
    """Let the result appear, also where this process is asked to end meanwhile.

    Args:
        partial: The output of a training that has ended.
        late: The interrupt that came before, and is raised when all is there.
        listener: It hears that the result is packed.
    """
    with stop_signals.deferred():
        packed = partial.root / "model.tar.gz"
        with phases.phase("packing", say=listener.on_phase):
            # Somebody waits for it.
            archive.pack(partial.root / "model", packed, quickly=True)
        partial.collect(packed, partial.root / "output" / "data")
    if late is not None:
        raise late


def _kept(partial: PartialOutput) -> str:
    """What to say of the checkpoints that a job leaves which broke."""
    if not partial.settle():
        return ""
    return (
        f" Its checkpoints are kept in {partial.folder}: the same job goes on from them; with "
        "other hyperparameters it starts anew (`--fresh`, or another output)."
    )


def _say_kept(request: TrainingRequest, partial: PartialOutput, listener: Listener) -> None:
    if note := request.note():
        with partial.log.open("a") as log:
            log.write(f"{note}\n")
        listener.on_line(note)


def _lay_out(root: Path, request: TrainingRequest) -> dict[str, str]:
    """The container's ``/opt/ml`` below ``root``, and the variables that point into it."""
    for folder in ("input/config", "input/data/model", "model", "output/data"):
        (root / folder).mkdir(parents=True)
    model = model_channel(request.model, root / "input" / "data" / "model")
    config = root / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps(request.hyperparameters, indent=2))
    if request.exclude:
        output_files.write_json(root / EXCLUDE_FILE, request.exclude)
    channels = {name: path.absolute() for name, path in request.channels.items()}
    channels["model"] = model
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SM_")}
    return {
        **inherited,
        **memory_allocator.variables(inherited),
        **gpu_memory.variables(inherited),
        **{f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()},
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_MODEL_DIR": str(root / "model"),
        "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        "SM_HPS": json.dumps(request.hyperparameters),
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "PYTHONUNBUFFERED": "1",
    }


def model_channel(source: ModelSource, folder: Path) -> Path:
    """The job's model channel: the model where it lies, or a copy with a description beside it.

    Args:
        source: The model to start from.
        folder: An empty folder for the copy.
    """
    if source.described_by is None:
        # It is read only, and what the job says of it names the path that the user knows.
        return source.path.absolute()
    with model_archive.opened(source.path, scratch=folder) as model:
        shutil.copytree(model.saved_model, folder / "1")
    source.described_by.recording(folder).write(folder)
    return folder
