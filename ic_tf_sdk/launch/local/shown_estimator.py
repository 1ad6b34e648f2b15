"""What an estimator shows of itself and of what its last job left."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ic_tf_sdk.contract.output_files import REPORT_FILE
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.pages.markup import table, text

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.history import History
    from ic_tf_sdk.launch.local.job import LocalJob
    from ic_tf_sdk.launch.local.report import Report

__all__ = ["ShownEstimator"]


class ShownEstimator:
    """The part of ``LocalEstimator`` that is looked at.

    Attributes:
        model_id: The model that it starts from; None of one that has no id.
        latest_training_job: The last job; None before the first.
    """

    model_id: str | None = None
    latest_training_job: LocalTrainingJob | None = None
    _model_data: str | None = None
    _finished: "LocalJob | None" = None
    _hyperparameters: dict[str, str]

    @property
    def model_data(self) -> str:
        """Where the ``model.tar.gz`` of the last successful job is: a path or an S3 URI.

        Of a job that was stopped after its first epoch it is the best model so far, on this
        machine.

        Raises:
            UserError: There was none yet.
        """
        if self._model_data is None:
            raise self._no_success()
        return self._model_data

    def wait(self, logs: bool | str = True) -> None:
        """Wait until the job of ``fit(wait=False)`` has ended.

        An interrupt of the waiting leaves the job running.

        Args:
            logs: Whether to print the job's log from its first line on, and how far it is.

        Raises:
            Exception: What ``fit`` would have raised; nothing where ``stop`` ended the job.
            UserError: There is no job.
        """
        if self.latest_training_job is None:
            raise UserError("There is no job to wait for; call fit first.")
        self.latest_training_job.wait(logs)

    def logs(self) -> None:
        """Print the log of the last job, as it comes, until the job has ended.

        Raises:
            Exception: As of ``wait``.
        """
        self.wait(logs=True)

    def history(self) -> "History":
        """The epochs of the last successful job as rows; a notebook shows them with their curves.

        Returns:
            A list of one dictionary for each epoch: ``epoch``, ``seconds``, each metric, and
            ``exported``. ``pandas.DataFrame`` takes it as it is.

        Raises:
            UserError: No job has succeeded yet.
        """
        from ic_tf_sdk.launch.local.history import History

        return History(self._last().history)

    def report(self) -> "Report":
        """The report of the last successful job; a notebook shows it, ``open()`` a browser does.

        Raises:
            UserError: No job has succeeded yet, or its report is gone.
        """
        from ic_tf_sdk.launch.local.report import Report

        return Report(self._last().output_data / REPORT_FILE)

    def _last(self) -> "LocalJob":
        if self._finished is None:
            raise self._no_success()
        return self._finished

    def _no_success(self) -> UserError:
        if self._is_running():
            return UserError("The job is still running; call wait() first.")
        return UserError("No job has succeeded yet; call fit first.")

    def _is_running(self) -> bool:
        job = self.latest_training_job
        return job is not None and job.is_running

    def _refuse_while_running(self) -> None:
        if self._is_running():
            raise UserError(
                "A job of this estimator is still running: call wait() or "
                "latest_training_job.stop() first, or take another estimator for the other job."
            )

    def _facts(self) -> Sequence[tuple[str, str]]:
        set_ = ", ".join(f"{name}={value}" for name, value in self._hyperparameters.items())
        job = self.latest_training_job
        rows = [
            ("model", self.model_id or str(getattr(self, "model_uri", ""))),
            ("hyperparameters", set_ or "the model's defaults"),
            ("job", "none yet; call fit" if job is None else f"{job.name}, {job.status}"),
        ]
        if self._finished is not None:
            metrics = self._finished.history
            best = metrics.test or metrics.epochs[metrics.best_epoch]
            name = "accuracy" if metrics.test else "val_accuracy"
            if name in best:
                on = "test" if metrics.test else "validation"
                rows.append((f"accuracy, {on} images", f"{best[name]:.4f}"))
            rows.append(("model_data", str(self._finished.model_data)))
        return rows

    def __repr__(self) -> str:
        lines = [f"  {name}: {value}" for name, value in self._facts()]
        return "\n".join([type(self).__name__, *lines])

    def _repr_html_(self) -> str:
        facts = table(["", "value"], self._facts(), caption="Settings and result", most=120)
        curves = self.history().curves() if self._finished is not None else ""
        after = "<p>history(), report(), deploy() show more of it.</p>" if curves else ""
        return f"<h3>{text(type(self).__name__)}</h3>{facts}{curves}{after}"
