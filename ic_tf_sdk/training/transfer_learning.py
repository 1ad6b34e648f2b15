"""Entry point of a training job: ``transfer_learning.py`` in the container's source archive.

Exit codes: 0 done; 1 the input cannot be used, said in one sentence; 3 an internal error, with its
traceback; 4 another host of the job was lost, or never appeared; 143 ended by SIGTERM, to go on
from its checkpoint when it is started again. The reason of 1, 3 and 4 also goes where SageMaker
reads it, ``/opt/ml/output/failure``.
"""

import atexit
import gc
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from ic_tf_sdk.contract import file_access, job_log, memory_allocator, phases
from ic_tf_sdk.contract.plain_text import visible_lines
from ic_tf_sdk.contract.tensorflow_libraries import open_while_importing
from ic_tf_sdk.errors import FileAccessError, HostLostError, IcTfSdkError
from ic_tf_sdk.training import environment, plan
from ic_tf_sdk.training.devices import hosts
from ic_tf_sdk.training.feed import streams
from ic_tf_sdk.training.loop import interruption
from ic_tf_sdk.training.loop.interruption import Interrupted, Interruption

__all__ = ["leave", "main"]

_GARBAGE_THRESHOLDS = (50_000, 20, 20)
# tf_keras imports these where they are installed, as in SageMaker's images, for inputs that a job
# does not have; that takes part of a second.
_UNUSED = ("pandas", "scipy")
# Needed at the end, and imported while something is waited for anyway.
_OF_THE_REPORT = ("jinja2", "pygal")
_USER_ERROR = 1
_INTERNAL_ERROR = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a job.

    Args:
        arguments: The command line without the program's name; that of the process by default.

    Returns:
        The exit code.
    """
    job_log.start()
    # TensorFlow's modules and graphs are millions of objects that stay; looking through them for
    # garbage as often as Python does by default takes a second of a job.
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    try:
        with Interruption().listening() as asked:
            return _run(sys.argv[1:] if arguments is None else arguments, asked)
    # Not among the errors: the job goes on when it is started again, so it has not failed.
    except Interrupted:
        job_log.to_stderr("Interrupted: the training goes on from its checkpoint.")
        return interruption.EXIT_CODE


def _run(arguments: Sequence[str], asked: Interruption) -> int:
    try:
        job_environment = environment.read(arguments, os.environ)
        if job_environment.report_phases:
            job_log.report_phases()
        if not job_environment.hosts.chief:
            # Each line of the job's log is printed once.
            job_log.only_errors()
        job_plan = plan.make(job_environment)
        # TensorFlow is loaded only for a job that can run.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # numpy's products here are of few columns. More threads than one take eight times the
        # processor time for them where the machine is busy: they wait for each other in a circle.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        # Else TensorFlow imports Keras 3 beside tf_keras.
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
        with phases.phase("loading"), _without(*_UNUSED), _collecting_nothing():
            open_while_importing(*_OF_THE_REPORT)
            from ic_tf_sdk.training import job
            from ic_tf_sdk.training.devices import distribution

        os.environ.update(streams.variables(job_plan.hyperparameters, os.environ))
        devices = distribution.start(job_environment.hosts, seconds=job_environment.host_seconds)
        # TensorFlow's coordination service took SIGTERM for itself just now.
        asked.listen_again()
        job.run(job_plan, interruption=asked, distribution=devices)
    except HostLostError as error:
        _fail(str(error))
        return hosts.EXIT_CODE
    except IcTfSdkError as error:
        job_log.report_refusal(type(error).__name__)
        _fail(str(error))
        return _USER_ERROR
    except Exception as error:
        if file_access.is_refusal(error):
            job_log.report_refusal(FileAccessError.__name__)
            _fail(file_access.sentence(error))
            return _USER_ERROR
        job_log.to_stderr(traceback.format_exc())
        _fail(f"Internal error: {type(error).__name__}: {error}")
        return _INTERNAL_ERROR
    return 0


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Import as if some modules were not installed, but for those that were imported before."""
    hidden = [name for name in names if name not in sys.modules]
    # What Python documents for it: an import finds None and fails.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """Import TensorFlow without a search for garbage, where it is not imported yet.

    All of it stays: to look it through takes time meanwhile, and again at each full search.
    """
    if "tensorflow" in sys.modules or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _fail(reason: str) -> None:
    job_log.to_stderr(f"Error: {reason}")
    path = environment.failure_file(os.environ)
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(visible_lines(reason), encoding="utf-8")
    except OSError as error:
        job_log.to_stderr(f"The reason could not be written to {path}: {error}")


def leave(code: int) -> NoReturn:
    """End the process after what was registered for its end, without taking it apart.

    Python and TensorFlow would give back each of some million objects, for a second of processor
    time, which the system does at once. Of several hosts each says goodbye to the others as it is
    taken apart.

    Args:
        code: The exit code.
    """
    if "TF_CONFIG" in os.environ:
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # Who read it may be gone.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    memory_allocator.restart()
    leave(main())
