"""One call of an estimator's ``fit``: from what the job needs to what it leaves."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.launch.local import earlier_model
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.fetched_request import fetched_request
from ic_tf_sdk.launch.local.going_on import recorded
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.job_output import JobOutput
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.running_job import RunningJob
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

__all__ = ["EstimatorRun"]

Display = Callable[[], AbstractContextManager[Listener]]


class EstimatorRun:
    """A job of an estimator.

    Args:
        estimator: The ``LocalEstimator``; its result is set here.
        job: The job's description.
        channels: Channel name -> path, ``file://`` or S3 URI.
        again: Whether it is a stopped job, which may only have to be uploaded.
    """

    def __init__(
        self,
        estimator: Any,
        job: LocalTrainingJob,
        channels: Mapping[str, str | Path],
        *,
        again: bool,
    ) -> None:
        self._estimator, self._job, self._channels = estimator, job, channels
        self._again = again

    def here(self, display: Display) -> None:
        """Do it, and return when it has ended.

        Args:
            display: Opens what shows it.
        """
        with ExitStack() as held:
            scratch, output = self._begin(held)
            done = self._done(output)
            if done is None:
                with display() as shown:
                    listener = self._listener(shown)
                    done = self._train(self._request(output, scratch), output, listener)
            self._deliver(done, output)

    def beside(self) -> RunningJob:
        """Bring what it needs here, and let it go on in a thread.

        Returns:
            The job, which is not started yet.
        """
        with ExitStack() as held:
            scratch, output = self._begin(held)
            done = self._done(output)
            # What the estimator and the current folder are now, they may not be later.
            request = self._request(output, scratch).anchored() if done is None else None
            kept = held.pop_all()

        def work(listener: Listener) -> None:
            with kept:
                found = done
                if request is not None:
                    found = self._train(request, output, self._listener(listener))
                assert found is not None
                self._deliver(found, output)

        return RunningJob(self._job.name, work)

    def _begin(self, held: ExitStack) -> tuple[Path, JobOutput]:
        held.enter_context(recorded(self._job))
        # The temporary folder may be full, or not writable.
        held.enter_context(file_access.refusals())
        scratch = held.enter_context(scratch_folder("fit"))
        return scratch, JobOutput(self._estimator.output_path, self._job.name)

    def _listener(self, shown: Listener) -> Listener:
        listener = shown.also(self._job.log.append)
        if self._estimator._notice:
            listener.on_line(self._estimator._notice)
        return listener

    def _done(self, output: JobOutput) -> LocalJob | None:
        return local_job.finished(output.folder) if self._again else None

    def _request(self, output: JobOutput, scratch: Path) -> TrainingRequest:
        output.check()
        request = fetched_request(self._estimator, self._channels, scratch)
        local_job.check(output.folder, request.channels.values())
        return request

    def _train(self, request: TrainingRequest, output: JobOutput, listener: Listener) -> LocalJob:
        # Not afterwards: what could fail or be stopped would keep a finished model back.
        before = _before(request, listener)
        try:
            done = local_job.run(
                request,
                output=output.folder,
                listener=listener,
                checkpoints=self._estimator.checkpoint_local_path,
            )
        except JobStoppedError as stop:
            self._keep(stop)
            raise
        if before is not None:
            now = done.history.test["accuracy"]
            listener.on_line(f"Accuracy on the test images: before {before:.4f}, now {now:.4f}")
        return done

    def _deliver(self, done: LocalJob, output: JobOutput) -> None:
        try:
            model_data = output.deliver(done)
        except JobStoppedError as stop:
            self._keep(stop)
            raise
        self._estimator._model_data, self._estimator._finished = model_data, done
        self._job.complete(model_data)

    def _keep(self, stop: JobStoppedError) -> None:
        if stop.model_data is not None:
            self._estimator._model_data = str(stop.model_data)


def _before(request: TrainingRequest, listener: Listener) -> float | None:
    """Of a training that rehearses: how good the model is, on the images that test it."""
    test = request.channels.get("test")
    if request.rehearse is None or test is None:
        return None
    left_out = (request.exclude or {}).get("test", ())
    return earlier_model.accuracy(request.model.path, test, left_out=left_out, say=listener.heed)
