"""The notebook's ``HyperparameterTuner`` on this machine: the same calls, no account.

::

    from ic_tf_sdk.launch import LocalEstimator, LocalTuner, tuning

    tuner = LocalTuner(
        LocalEstimator(model_id, hyperparameters={"train_only_on_top": True}),
        "validation:accuracy",
        {"learning_rate": tuning.Real(1e-4, 0.1), "batch_size": tuning.Integer(8, 64)},
        max_jobs=30,
    )
    tuner.fit({"training": "flowers/"})
    tuner.analytics().dataframe()
    tuner.best_training_job()
    predictor = tuner.deploy()
"""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import argument_names, tuning
from ic_tf_sdk.launch.job_names import job_name as unique_name
from ic_tf_sdk.launch.local import channels as local_channels
from ic_tf_sdk.launch.local import tuning_space
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.estimator import LocalEstimator
from ic_tf_sdk.launch.local.local_run import wanted
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.tune import Budget, Strategy, tune
from ic_tf_sdk.launch.local.tuner_run import TunerRun
from ic_tf_sdk.launch.local.tuning_analytics import TuningAnalytics
from ic_tf_sdk.launch.local.tuning_job import LocalTuningJob
from ic_tf_sdk.launch.local.tuning_objective import Direction, objective
from ic_tf_sdk.launch.local.tuning_result import Tuning
from ic_tf_sdk.launch.tuning import Range

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor

__all__ = ["LocalTuner"]

_ON_SAGEMAKER_ONLY = frozenset(
    (
        *("max_parallel_jobs", "early_stopping_type", "tags", "metric_definitions", "autotune"),
        *("strategy_config", "warm_start_config", "completion_criteria_config", "random_seed"),
        *("max_runtime_in_seconds", "estimator_name", "hyperparameters_to_keep_static"),
    )
)
_OURS = (
    *("objective_metric_name", "hyperparameter_ranges", "objective_type", "max_jobs"),
    *("max_minutes", "strategy", "base_tuning_job_name"),
)


class LocalTuner:
    """``sagemaker.tuner.HyperparameterTuner`` for a run on this machine.

    Args:
        estimator: What is trained; its hyperparameters are those of the first trial.
        objective_metric_name: A metric of the epochs (``metric_definitions``), taken of the epoch
            that a job keeps.
        hyperparameter_ranges: Hyperparameter -> ``tuning.Real``, ``tuning.Integer`` or
            ``tuning.Categorical``; None takes the documented ones of batch size, learning rate and
            optimizer.
        objective_type: ``"Maximize"`` or ``"Minimize"``; None minimises a loss.
        max_jobs: Trials in all.
        max_minutes: The tuning ends when so much time is over, too; None for no such end.
        strategy: ``"Bayesian"`` or ``"Random"``: how the next values are drawn.
        base_tuning_job_name: Beginning of the tuning's name; None takes the estimator's.
        **sagemaker: Further arguments of the SageMaker SDK's tuner, without effect here.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
        UserError: Another argument that cannot be used.

    Attributes:
        latest_tuning_job: The last tuning that ``fit`` started, a ``LocalTuningJob``; None before.

    Example:
        >>> estimator = LocalEstimator("tensorflow-ic-embedded-formulanet-96")
        >>> LocalTuner(estimator, "val:loss", max_jobs=3).objective.direction
        'Minimize'
    """

    def __init__(
        self,
        estimator: LocalEstimator,
        objective_metric_name: str = tuning.OBJECTIVE,
        hyperparameter_ranges: Mapping[str, Range] | None = None,
        *,
        objective_type: Direction | None = None,
        max_jobs: int = 20,
        max_minutes: float | None = None,
        strategy: Strategy = "Bayesian",
        base_tuning_job_name: str | None = None,
        **sagemaker: object,
    ) -> None:
        argument_names.refuse_misspelt("LocalTuner", sagemaker, _ON_SAGEMAKER_ONLY, beside=_OURS)
        if strategy not in ("Bayesian", "Random"):
            raise UserError(f"strategy is Bayesian or Random on this machine, not {strategy!r}.")
        self.estimator = estimator
        self.objective = objective(objective_metric_name, objective_type)
        self.ranges = tuning.checked(hyperparameter_ranges or tuning.DEFAULT)
        tuning_space.check(self.ranges)
        self._budget = (max_jobs, max_minutes)
        Budget(*self._budget)
        self._strategy = strategy
        self._base = base_tuning_job_name or estimator.base_job_name
        self.latest_tuning_job: LocalTuningJob | None = None
        self._result: Tuning | None = None

    def fit(
        self,
        inputs: object,
        job_name: str | None = None,
        *,
        wait: bool = True,
        logs: bool | str = True,
        **sagemaker: object,  # noqa: ARG002
    ) -> None:
        """Run the trials, and train the best.

        Args:
            inputs: As of ``LocalEstimator.fit``.
            job_name: The tuning's name; that of one that was stopped or killed goes on with it.
                Default: one that no other has; that of the last tuning, unless that succeeded.
            wait: False returns as soon as model and images are here and checked, and the trials
                begin: ``wait()`` waits for their end, ``latest_tuning_job.describe()`` says how far
                they are, ``stop_tuning_job()`` stops them. They end with the program. On a frozen
                backbone they are trained in a thread of this process.
            logs: Whether to print a line for each trial, and how far the tuning is.
            **sagemaker: Arguments of the SDK's ``fit`` without effect here.

        Raises:
            JobStoppedError: A notebook's interrupt or Ctrl-C. The same call goes on.
            UserError: The job would refuse its input, or every trial failed.
            MissingExtraError: The extra ``tune`` or ``train`` is not installed.
        """
        channels = local_channels.read(inputs)
        self._refuse_while_running()
        budget = Budget(*self._budget)
        earlier = self.latest_tuning_job
        again = earlier.name if earlier is not None and earlier.status != "Completed" else None
        job = LocalTuningJob(
            job_name or again or unique_name(self._base),
            objective=self.objective,
            max_jobs=budget.trials,
        )
        # Of an earlier tuning, and nothing to be taken for this one's.
        self.latest_tuning_job, self._result = job, None

        def trials(request: TrainingRequest, output: Path, listener: Listener) -> Tuning:
            return tune(
                request,
                output,
                ranges=self.ranges,
                goal=self.objective,
                budget=budget,
                strategy=self._strategy,
                listener=listener,
            )

        run = TunerRun(self.estimator, job, channels, trials, self._take)
        if wait:
            run.here(logs=wanted(logs))
            return
        running = run.beside()
        job.follow(running)
        running.start()

    def _take(self, result: Tuning) -> None:
        self._result = result

    def _is_running(self) -> bool:
        return self.latest_tuning_job is not None and self.latest_tuning_job.is_running

    def _refuse_while_running(self) -> None:
        if self._is_running():
            raise UserError(
                "A tuning of this tuner is still running: call wait() or stop_tuning_job() first, "
                "or take another tuner for the other one."
            )

    def _latest(self) -> LocalTuningJob:
        if self.latest_tuning_job is None:
            raise UserError("There is no tuning yet; call fit first.")
        return self.latest_tuning_job

    def wait(self, logs: bool | str = True) -> None:
        """Wait until the tuning of ``fit(wait=False)`` has ended.

        An interrupt of the waiting leaves it running.

        Args:
            logs: Whether to print a line for each trial, from the first on, and how far it is.

        Raises:
            Exception: What ``fit`` would have raised; nothing where it was stopped.
            UserError: There is no tuning.
        """
        self._latest().wait(logs)

    def logs(self) -> None:
        """Print what the last tuning says, as it comes, until it has ended.

        Raises:
            Exception: As of ``wait``.
        """
        self.wait(logs=True)

    def stop_tuning_job(self) -> None:
        """Let a tuning of ``fit(wait=False)`` end before its next trial; return when it has.

        The same call of ``fit`` goes on with it. One that has ended is as it is.

        Raises:
            UserError: There is no tuning.
        """
        self._latest().stop()

    def describe(self) -> dict[str, Any]:
        """The fields of SageMaker's DescribeHyperParameterTuningJob that mean something here.

        Raises:
            UserError: There is no tuning.
        """
        return self._latest().describe()

    @property
    def result(self) -> Tuning:
        """Every trial; in a notebook a table and pictures.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        if self._result is None:
            if self._is_running():
                raise UserError("The tuning is still running; call wait() first.")
            raise UserError("No tuning has succeeded yet; call fit first.")
        return self._result

    def best_training_job(self) -> str:
        """The name of the best trial.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        return self.result.best.name

    def best_estimator(self) -> LocalEstimator:
        """The estimator with the best trial's hyperparameters and model.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        best = copy.copy(self.estimator)
        best._hyperparameters = {
            **self.estimator.hyperparameters(),
            **self.result.best.hyperparameters,
        }
        best._model_data = str(self.result.model_data)
        return best

    @property
    def model_data(self) -> str:
        """Where the best trial's ``model.tar.gz`` is.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        return str(self.result.model_data)

    def analytics(self) -> TuningAnalytics:
        """What the SDK's ``analytics()`` has: ``dataframe()``.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        return TuningAnalytics(self.result)

    def deploy(
        self, initial_instance_count: int = 1, instance_type: str = "local", **more: Any
    ) -> "LocalEndpointPredictor":
        """Serve the best model, in a process of its own.

        Args:
            initial_instance_count: Must be 1.
            instance_type: Without effect here.
            **more: As of ``LocalEstimator.deploy``.

        Raises:
            UserError: ``fit`` has not succeeded yet.
        """
        return self.best_estimator().deploy(initial_instance_count, instance_type, **more)
