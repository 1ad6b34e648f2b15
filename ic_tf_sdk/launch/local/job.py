"""A training job on this machine: the container's entry point and layout, without the container."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.contract import archive, file_access, history_record, model_archive
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import FileAccessError, JobFailedError, UserError
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.launch.local.request import TrainingRequest

__all__ = ["LocalJob", "run"]

_USER_ERROR = 1
_TRACEBACK_LINES = 40


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


def run(
    request: TrainingRequest, *, output: str | Path, on_line: Callable[[str], None] = print
) -> LocalJob:
    """Train in a child process and collect what it leaves.

    Args:
        request: What to train.
        output: A folder to create: ``model.tar.gz``, ``output_data/`` and ``training.log``. It
            appears when the job has succeeded, complete.
        on_line: Called with each line of the job's log as it comes.

    Raises:
        OutputExistsError: ``output`` exists.
        MissingExtraError: The extra ``train`` is not installed.
        FileAccessError: It cannot be written, or its disk is full.
        UserError: The job refused its input; the text is its reason.
        JobFailedError: The job broke; the text ends with its traceback.
    """
    target = Path(output)
    file_access.require_writable(target)
    # The child would end in a traceback of its imports.
    extras.require("tensorflow", "tf_keras", "tensorflow_hub")
    with file_access.refusals(target):
        return _run(request, target, on_line)


def _run(request: TrainingRequest, target: Path, on_line: Callable[[str], None]) -> LocalJob:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        root, result = Path(scratch) / "ml", Path(scratch) / "result"
        result.mkdir()
        environment = _lay_out(root, request)
        _train(environment, request, root, result / "training.log", on_line)
        archive.pack(root / "model", result / "model.tar.gz")
        (root / "output" / "data").replace(result / "output_data")
        result.replace(target)
    return LocalJob(target / "model.tar.gz", target / "output_data", target / "training.log")


def _lay_out(root: Path, request: TrainingRequest) -> dict[str, str]:
    """The container's ``/opt/ml`` below ``root``, and the variables that point into it."""
    for folder in ("input/config", "input/data/model", "model", "output/data", "checkpoints"):
        (root / folder).mkdir(parents=True)
    model = _model_channel(request.model, root / "input" / "data" / "model")
    config = root / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps(request.hyperparameters, indent=2))
    channels = {name: path.absolute() for name, path in request.channels.items()}
    channels["model"] = model
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SM_")}
    return {
        **inherited,
        **{f"SM_CHANNEL_{name.upper()}": str(path) for name, path in channels.items()},
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_MODEL_DIR": str(root / "model"),
        "SM_OUTPUT_DATA_DIR": str(root / "output" / "data"),
        "SM_HPS": json.dumps(request.hyperparameters),
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "PYTHONUNBUFFERED": "1",
    }


def _model_channel(source: ModelSource, folder: Path) -> Path:
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


def _train(
    environment: dict[str, str],
    request: TrainingRequest,
    root: Path,
    log: Path,
    on_line: Callable[[str], None],
) -> None:
    flags = [
        word for name, value in request.hyperparameters.items() for word in (f"--{name}", value)
    ]
    command = [sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"]
    command += ["--checkpoint_dir", str(root / "checkpoints"), *flags]
    errors = root / "stderr.log"
    with log.open("w") as copy, errors.open("w") as stderr:
        with _child(command, environment, stderr.fileno()) as child:
            assert child.stdout is not None
            if note := request.note():
                copy.write(f"{note}\n")
                on_line(note)
            for line in child.stdout:
                copy.write(line)
                on_line(line.rstrip("\n"))
        code = child.returncode
    if code:
        copied = {str(root / "input" / "data" / "model"): str(request.model.path)}
        _raise(code, root / "output" / "failure", errors, copied)


@contextmanager
def _child(
    command: list[str], environment: dict[str, str], stderr: int
) -> Iterator["subprocess.Popen[str]"]:
    """The process, which does not outlive an interrupted caller."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
    ) as child:
        try:
            yield child
        except BaseException:
            child.kill()
            raise


def _raise(code: int, failure: Path, errors: Path, copied: Mapping[str, str]) -> None:
    """Raise what the process ended with.

    Args:
        code: Its exit code.
        failure: The file with its reason.
        errors: The file with what it wrote to stderr.
        copied: The path of a copy in the job's folder -> the path that the user knows.
    """
    reason = failure.read_text(encoding="utf-8") if failure.is_file() else ""
    for copy, path in copied.items():
        reason = reason.replace(copy, path)
    if code == _USER_ERROR and reason:
        raise UserError(reason)
    if code == _USER_ERROR:
        # Where nothing can be written, neither can the reason.
        raise FileAccessError(
            f"The training was refused, and the reason could not be written to {failure}: most "
            "often there is no space left. Free some, or give another output."
        )
    tail = "\n".join(errors.read_text(errors="replace").splitlines()[-_TRACEBACK_LINES:])
    raise JobFailedError(
        f"The training process ended with exit code {code}. {reason}\nIts last lines:\n{tail}"
    )
