"""One call of a tuner's ``fit``: the trials, here or beside the program."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.display import SILENT, Listener, shown
from ic_tf_sdk.launch.local.display.notebook import is_notebook
from ic_tf_sdk.launch.local.estimator import LocalEstimator
from ic_tf_sdk.launch.local.fetched_request import fetched_request
from ic_tf_sdk.launch.local.going_on import recorded
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.running_job import RunningJob
from ic_tf_sdk.launch.local.tuning_job import LocalTuningJob
from ic_tf_sdk.launch.local.tuning_result import Tuning

__all__ = ["TunerRun"]


class TunerRun:
    """A tuning of a ``LocalTuner``.

    Args:
        estimator: What is trained.
        job: The tuning's description.
        channels: Channel name -> path, ``file://`` or S3 URI.
        tune: Runs the trials of a request into a folder, heard by a listener.
        take: Called with the result.
    """

    def __init__(
        self,
        estimator: LocalEstimator,
        job: LocalTuningJob,
        channels: Mapping[str, str | Path],
        tune: Callable[[TrainingRequest, Path, Listener], Tuning],
        take: Callable[[Tuning], None],
    ) -> None:
        self._estimator, self._job, self._channels = estimator, job, channels
        self._tune, self._take = tune, take
        self._output = (Path(estimator.output_path) / job.name / "output").absolute()

    def here(self, *, logs: bool) -> None:
        """Do it, and return when it has ended.

        Args:
            logs: Whether to show a line for each trial, and how far the tuning is.
        """
        with ExitStack() as held:
            request = self._begin(held)
            with _display() if logs else nullcontext(SILENT) as listener:
                self._run(request, listener)

    def beside(self) -> RunningJob:
        """Bring what it needs here, check it, and let it go on in a thread.

        Returns:
            The tuning, which is not started yet.
        """
        with ExitStack() as held:
            # What the estimator and the current folder are now, they may not be later.
            request = self._begin(held).anchored()
            kept = held.pop_all()

        def work(listener: Listener) -> None:
            with kept:
                self._run(request, listener)

        return RunningJob(self._job.name, work, _display)

    def _begin(self, held: ExitStack) -> TrainingRequest:
        held.enter_context(recorded(self._job))
        held.enter_context(file_access.refusals())
        scratch = held.enter_context(scratch_folder("tune"))
        request = fetched_request(self._estimator, self._channels, scratch)
        extras.require("optuna", "tensorflow")
        local_job.check(self._output, request.channels.values())
        return request

    def _run(self, request: TrainingRequest, listener: Listener) -> None:
        heard = replace(listener.also(self._job.log.append), on_trial=self._job.trials.append)
        self._take(self._tune(request, self._output, heard))
        self._job.complete()


def _display() -> AbstractContextManager[Listener]:
    # What a notebook shows of a job is its epochs, and not a line for each trial.
    return nullcontext(Listener(print)) if is_notebook() else shown()
