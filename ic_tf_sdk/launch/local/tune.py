"""Hyperparameters tuned on this machine: head trials in a fraction of a second each."""

import math
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ic_tf_sdk import extras
from ic_tf_sdk.contract import file_access, output_files, phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError, DatasetError, JobFailedError, UserError
from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local import stop_signals, tuning_space
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.frozen_trials import HEAD_ALONE, FrozenTrials, is_frozen
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from ic_tf_sdk.launch.local.tuning_objective import Objective, objective
from ic_tf_sdk.launch.local.tuning_result import Status, Tuning, TuningTrial
from ic_tf_sdk.launch.local.tuning_study import TuningStudy
from ic_tf_sdk.launch.local.tuning_tracking import TrackedTuning, tracked
from ic_tf_sdk.launch.tuning import Range
from ic_tf_sdk.specs import hyperparameters as schema

if TYPE_CHECKING:
    import optuna

__all__ = ["Budget", "Strategy", "tune"]

Strategy = Literal["Bayesian", "Random"]


class Budget:
    """When a tuning ends.

    Args:
        trials: After so many, those of earlier calls counted.
        minutes: Or when so much time of this call is over; the trial under way is finished.

    Raises:
        UserError: Neither is a number above 0.
    """

    def __init__(self, trials: int, minutes: float | None = None) -> None:
        if trials < 1 or (minutes is not None and not 0 < minutes < math.inf):
            raise UserError(
                f"A tuning has one trial or more, and more than 0 minutes; not {trials} trials"
                f"{'' if minutes is None else f' and {minutes:g} minutes'}."
            )
        self.trials = trials
        self._end = math.inf if minutes is None else time.monotonic() + 60 * minutes

    def allows(self, done: int) -> bool:
        """Whether another trial begins after so many."""
        return done < self.trials and (done == 0 or time.monotonic() < self._end)


def tune(
    request: TrainingRequest,
    output: str | Path,
    *,
    ranges: Mapping[str, Range] | None = None,
    goal: Objective | None = None,
    budget: Budget | None = None,
    strategy: Strategy = "Bayesian",
    on_line: Callable[[str], object] = lambda _: None,
    listener: Listener | None = None,
) -> Tuning:
    """Train with values that are drawn from ranges, and keep the best model.

    Where the backbone is frozen and only hyperparameters of the classification layer are tuned, the
    images pass the backbone once for all trials. Otherwise each trial is a job, which is ended
    early where others were better after as many epochs. A tuning that was killed goes on when it is
    called again with the same request, ranges and output: ``<output>.tuning`` keeps its trials.

    Args:
        request: The training; its own hyperparameters are the first trial, as far as the ranges
            have them.
        output: The folder to create, as of ``job.run``: the best model, its reports, and
            ``tuning.html`` and ``tuning.json``.
        ranges: Hyperparameter -> what it is tuned over; None takes ``tuning.DEFAULT``.
        goal: What is improved, its value in the epoch that a job keeps; None takes the validation
            accuracy.
        budget: When it ends; None takes 20 trials.
        strategy: How the next values are drawn.
        on_line: Called with a line for each trial, and with the lines of the jobs.
        listener: Instead of ``on_line``: it hears how far each phase is, too.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
        JobStoppedError: This process, or the listener, was asked to end; the trials are kept.
        UserError: The job would refuse its input, or every trial failed.
        OutputExistsError: ``output`` exists.
        MissingExtraError: The extra ``tune`` or ``train`` is not installed.
    """
    target = Path(output)
    spans = _checked(request, target, tuning.DEFAULT if ranges is None else ranges)
    folder = target.with_name(f"{target.name}.tuning")
    with file_access.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        chosen = goal or objective(tuning.OBJECTIVE)
        seed = int(request.hyperparameters.get("random_seed", 123))
        file = folder / "study.sqlite3"
        study = TuningStudy(file, request, spans, chosen, sampler=strategy, seed=seed)
        heard = listener or Listener(on_line)
        with (
            scratch_folder("tuned") as scratch,
            tracked(request, spans, chosen, study.name, folder, heard.asked) as told,
        ):
            run = _Run(request, study, chosen, folder, spans, heard, told)
            try:
                with phases.heard_by(heard.heed):
                    run.until(budget or Budget(20))
                    return run.finished(target, scratch)
            except KeyboardInterrupt as interrupt:
                raise run.stopped(stop_signals.number_of(interrupt)) from None


def _checked(
    request: TrainingRequest, target: Path, ranges: Mapping[str, Range]
) -> dict[str, Range]:
    """The ranges by canonical name, where nothing speaks against the tuning."""
    extras.require("optuna", "tensorflow")
    local_job.check(target, request.channels.values())
    spans = tuning.checked(ranges)
    spans = {schema.canonical_name(name): span for name, span in spans.items()}
    tuning_space.check(spans)
    return spans


class _Run:
    """The trials of one call."""

    def __init__(
        self,
        request: TrainingRequest,
        study: TuningStudy,
        goal: Objective,
        folder: Path,
        spans: Mapping[str, Range],
        listener: Listener,
        tracking: TrackedTuning,
    ) -> None:
        self._request, self._study, self._goal = request, study, goal
        self._folder, self._listener, self._tracking = folder, listener, tracking
        # Of another tuning that was begun here the jobs have the same names.
        self._jobs = folder / study.name
        self._head_alone = spans.keys() <= HEAD_ALONE | {"train_only_on_top"}
        self._frozen: FrozenTrials | None = None

    def until(self, budget: Budget) -> None:
        """Run trials until the budget is used up."""
        earlier = self._study.trials()
        begun = len(earlier)
        for one in earlier:
            self._listener.on_trial(one)
        with phases.phase("tuning", done=begun, total=budget.trials, unit="trials") as advance:
            while budget.allows(len(done := self._study.trials())):
                self._listener.heed()
                self._one(f"trial-{len(done) + 1:03d}")
                advance(1)

    def _one(self, name: str) -> None:
        trial, drawn = self._study.ask()
        lines: list[str] = []
        told = self._try(trial, drawn, name, lines)
        self._study.tell(trial, told)
        self._tracking.trial(told, {**self._request.hyperparameters, **drawn}, lines)
        self._listener.on_trial(told)
        self._keep_best()
        value = told.reason or (f"{told.value:.4f}" if told.value is not None else "-")
        said = ", ".join(f"{name}={text}" for name, text in drawn.items())
        self._listener.on_line(f"{name}: {self._goal.name} {value} with {said} ({told.status})")

    def _try(
        self, trial: "optuna.trial.Trial", drawn: dict[str, str], name: str, lines: list[str]
    ) -> TuningTrial:
        """One trial, as it ended; what it says is added to the lines."""
        begin, clock = datetime.now(timezone.utc), time.monotonic()
        values = {**self._request.hyperparameters, **drawn}
        frozen = self._head_alone and is_frozen(values)
        # What is wrong with the images or the model is wrong for every trial.
        trials = self._trials() if frozen else None
        status: Status = "Completed"
        value, reason = None, ""
        try:
            if trials is not None:
                # A phase a second long would hide how far the tuning is.
                with phases.heard_by(lambda _: self._listener.heed()):
                    said, best = trials.run(values)
                lines += said
            else:
                best = self._job(trial, values, name, lines)
            value = self._value(lines, best)
        except _StoppedEarly:
            status, value = "Stopped", self._goal.values(lines)[-1]
        except (UserError, JobFailedError) as error:
            if isinstance(error, _NoValueError | DatasetError | ArchiveError):
                raise
            status, reason = "Failed", str(error)
        epochs, seconds = len(self._goal.values(lines)), time.monotonic() - clock
        return TuningTrial(name, drawn, value, status, epochs, begin, seconds, reason)

    def _value(self, lines: list[str], best: int) -> float:
        values = self._goal.values(lines)
        if best >= len(values):
            raise _NoValueError(
                f"No epoch says {self._goal.name}: without validation images there is none of "
                "val:, and some metrics need binary_mode."
            )
        return values[best]

    def _trials(self) -> FrozenTrials:
        if self._frozen is None:
            base = {**self._request.hyperparameters, "train_only_on_top": "True"}
            request = self._request.model_copy(update={"hyperparameters": base})
            self._frozen = FrozenTrials(request)
        return self._frozen

    def _job(
        self, trial: "optuna.trial.Trial", values: dict[str, str], name: str, lines: list[str]
    ) -> int:
        """Train as a job; the index of the epoch that it keeps."""

        def on_line(line: str) -> None:
            lines.append(line)
            self._listener.on_line(line)
            if reported := self._goal.values([line]):
                trial.report(reported[0], len(self._goal.values(lines)))
                if trial.should_prune():
                    raise _StoppedEarly

        request = self._request.model_copy(update={"hyperparameters": values})
        listener = replace(self._listener, on_line=on_line)
        job = local_job.run(
            request, output=self._jobs / name, listener=listener, fresh=True, tracked=False
        )
        return job.history.best_epoch

    def _keep_best(self) -> None:
        """Remove the models of all trials but the best one."""
        best = self._result(None).ranked[:1]
        for path in self._jobs.glob("trial-*"):
            if path.name not in {one.name for one in best}:
                shutil.rmtree(path)

    def _result(self, model: Path | None) -> Tuning:
        trials = tuple(self._study.trials())
        minimised = self._goal.direction == "Minimize"
        result = Tuning(trials, self._goal.name, minimised, {}, {}, model)
        if not result.ranked:
            return result
        values = {**self._request.hyperparameters, **result.best.hyperparameters}
        return result._replace(importance=self._study.importance(), hyperparameters=values)

    def stopped(self, number: int) -> JobStoppedError:
        """What is to be said where it was stopped.

        Args:
            number: The signal's number.
        """
        done = len(self._study.trials())
        reason = f"Stopped after {done} trials, which are kept in {self._folder}."
        return JobStoppedError(reason, number=number, kept=True)

    def finished(self, target: Path, scratch: Path) -> Tuning:
        """The result, after the best model has appeared.

        Args:
            target: Where.
            scratch: A folder that stays until all is told.
        """
        result = self._result(target / "model.tar.gz")
        if not result.ranked:
            reasons = sorted({one.reason for one in result.trials})
            raise UserError(f"Every trial failed: {'; '.join(reasons)}")
        trained = self._jobs / result.best.name
        if trained.is_dir():
            trained.rename(target)
        else:
            request = self._request.model_copy(update={"hyperparameters": result.hyperparameters})
            local_job.run(request, output=target, listener=self._listener, tracked=False)
        result.write(target / "tuning.html")
        output_files.write_json(target / "tuning.json", result.as_dict())
        self._tracking.result(result, target, scratch)
        shutil.rmtree(self._folder)
        return result


class _StoppedEarly(Exception):  # noqa: N818
    """A trial that others were better than."""


class _NoValueError(UserError):
    """What is to be improved is never said."""
