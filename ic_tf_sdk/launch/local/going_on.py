"""How the jobs of a ``LocalEstimator`` end early and go on."""

import hashlib
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, Protocol

from ic_tf_sdk.launch.local import location, stop_signals
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.local_run import LocalRun
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from ic_tf_sdk.launch.local.suspects import Exclude

__all__ = ["beside", "checkpoint_folder", "goes_on", "recorded"]

_CONTAINER = Path("/opt/ml")


class _Estimator(Protocol):
    model_uri: str | Path
    exclude: Exclude | None
    rehearse: str | Path | None


def checkpoint_folder(checkpoint_local_path: str | Path | None) -> Path | None:
    """The folder of an estimator's checkpoints; None for one beside the job's output.

    Args:
        checkpoint_local_path: As it was given. A path of the container means nothing on a machine
            that has no such folder; notebooks give the SDK's default.

    Raises:
        UserError: It lies in S3.
    """
    if checkpoint_local_path is None:
        return None
    folder = location.local_path(checkpoint_local_path)
    if _CONTAINER in folder.parents and not _CONTAINER.is_dir():
        return None
    return folder


def beside(estimator: _Estimator) -> dict[str, str]:
    """What decides about an estimator's training beside hyperparameters and channels, as text.

    Args:
        estimator: As it is now.

    Returns:
        Name -> text that changes with the thing. A table of images to leave out is what it says,
        and not only where it lies.
    """
    return {
        "model": str(estimator.model_uri),
        "exclude": _left_out(estimator.exclude),
        "rehearse": str(estimator.rehearse),
    }


def _left_out(exclude: Exclude | None) -> str:
    if isinstance(exclude, str | Path):
        # What cannot be read here is refused, or fetched, when the job begins.
        with suppress(OSError, ValueError):
            return f"{exclude} {hashlib.sha256(Path(exclude).read_bytes()).hexdigest()}"
        return str(exclude)
    if isinstance(exclude, Mapping):
        return repr({name: _listed(files) for name, files in exclude.items()})
    return _listed(exclude)


def _listed(files: object) -> str:
    # Reading an iterator would take its files away.
    if isinstance(files, Iterable) and not isinstance(files, str | Iterator):
        return repr([str(file) for file in files])
    return repr(files)


def goes_on(
    earlier: LocalTrainingJob | None,
    hyperparameters: Mapping[str, str],
    inputs: Mapping[str, str],
    settings: Mapping[str, str],
) -> str | None:
    """The name of the stopped job that the same call of ``fit`` takes up again; None for a new one.

    Args:
        earlier: The last job.
        hyperparameters: What is set now.
        inputs: The channels of the call.
        settings: From ``beside``, now.
    """
    if earlier is None:
        return None
    same = earlier.is_stopped and earlier.is_of(hyperparameters, inputs, settings)
    return earlier.name if same else None


@contextmanager
def recorded(job: LocalRun) -> Iterator[None]:
    """Note in a job how it ended where it did not succeed; an interrupt becomes one line.

    Args:
        job: The job that runs.

    Raises:
        JobStoppedError: The job was stopped; the text says how it goes on.
        SystemExit: Likewise, by another signal than Ctrl-C, which asks the program to end.
    """
    try:
        yield
    except Exception as error:
        job.fail(str(error))
        raise
    except KeyboardInterrupt as interrupt:
        job.interrupted()
        _end(job, interrupt)
    except BaseException:
        job.interrupted()
        raise


def _end(job: LocalRun, interrupt: KeyboardInterrupt) -> NoReturn:
    reason = "Stopped before the training began."
    model_data, kept = None, False
    if isinstance(interrupt, JobStoppedError):
        model_data, kept = interrupt.model_data, interrupt.kept
        reason = str(interrupt)
    if kept:
        reason += f" The same call of fit goes on, or one with job_name={job.name!r}."
    job.log.append(reason)
    number = stop_signals.number_of(interrupt)
    # In another thread than the main one nobody has asked this program to end.
    if number != signal.SIGINT and threading.current_thread() is threading.main_thread():
        print(reason, file=sys.stderr)
        raise SystemExit(128 + number)
    raise JobStoppedError(reason, number=number, model_data=model_data, kept=kept) from None
