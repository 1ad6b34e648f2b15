"""The record of a tuning: Optuna's study in a SQLite file, which a killed tuning goes on from."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk import extras
from ic_tf_sdk.launch.local import tuning_space
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.tuning_objective import Objective
from ic_tf_sdk.launch.local.tuning_result import TuningTrial
from ic_tf_sdk.launch.tuning import Range

if TYPE_CHECKING:
    import optuna

__all__ = ["TuningStudy"]

_DONE = "done"


class TuningStudy:
    """The trials of one tuning, those of earlier calls among them.

    Args:
        file: The SQLite file; it is created where it is not there.
        request: What is tuned.
        ranges: Hyperparameter -> what it is tuned over.
        objective: What is improved.
        sampler: ``"Bayesian"`` or ``"Random"``.
        seed: Of the draws.

    Attributes:
        name: What no other training, other ranges or another objective have.
    """

    def __init__(
        self,
        file: Path,
        request: TrainingRequest,
        ranges: Mapping[str, Range],
        objective: Objective,
        *,
        sampler: str,
        seed: int,
    ) -> None:
        self._ranges = ranges
        self._optuna = engine = extras.load("optuna")
        # Each trial is told by the command itself.
        engine.logging.set_verbosity(logging.WARNING)
        self.name = _name(request, ranges, objective)
        self._study: optuna.Study = engine.create_study(
            storage=f"sqlite:///{file}",
            study_name=self.name,
            direction=objective.direction.lower(),
            load_if_exists=True,
            pruner=engine.pruners.MedianPruner(n_startup_trials=4),
        )
        self._take_up(request)
        # Else a tuning that goes on would draw once more what it drew.
        draws = seed + len(self._study.get_trials(deepcopy=False))
        samplers = {"Bayesian": engine.samplers.TPESampler, "Random": engine.samplers.RandomSampler}
        self._study.sampler = samplers[sampler](seed=draws)

    def _take_up(self, request: TrainingRequest) -> None:
        """Ask again what a killed call was trying, and first of all what nobody has tuned."""
        states = self._optuna.trial.TrialState
        if not self._study.get_trials(deepcopy=False):
            self._study.enqueue_trial(tuning_space.starting(self._ranges, request.hyperparameters))
        for broken in self._study.get_trials(deepcopy=False, states=[states.RUNNING]):
            self._study.tell(broken.number, state=states.FAIL)
            self._study.enqueue_trial(broken.params)

    def ask(self) -> tuple["optuna.trial.Trial", dict[str, str]]:
        """The next trial, and its values as they are sent."""
        trial = self._study.ask()
        return trial, tuning_space.suggested(trial, self._ranges)

    def tell(self, trial: "optuna.trial.Trial", told: TuningTrial) -> None:
        """Record how a trial ended.

        Args:
            trial: From ``ask``.
            told: What came of it.
        """
        states = self._optuna.trial.TrialState
        trial.set_user_attr(_DONE, json.dumps({**told._asdict(), "started": str(told.started)}))
        ended = {"Completed": states.COMPLETE, "Stopped": states.PRUNED, "Failed": states.FAIL}
        value = told.value if told.status == "Completed" else None
        self._study.tell(trial, value, state=ended[told.status])

    def trials(self) -> list[TuningTrial]:
        """Those that have ended, in the order in which they began."""
        kept = (one.user_attrs.get(_DONE) for one in self._study.get_trials(deepcopy=False))
        values = (json.loads(text) for text in kept if text)
        return [
            TuningTrial(**{**one, "started": datetime.fromisoformat(one["started"])})
            for one in values
        ]

    def importance(self) -> dict[str, float]:
        """Hyperparameter -> its share; empty where the trials do not tell."""
        states = self._optuna.trial.TrialState
        ended = self._study.get_trials(deepcopy=False, states=[states.COMPLETE])
        if len(ended) < 4 or len({one.value for one in ended}) < 2:
            return {}
        evaluator = self._optuna.importance.PedAnovaImportanceEvaluator()
        shares = self._optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name.removeprefix("1 - "): float(share) for name, share in shares.items()}


def _name(request: TrainingRequest, ranges: Mapping[str, Range], objective: Objective) -> str:
    """A name that another training, other ranges or another objective do not have."""
    facts: dict[str, Any] = {
        "request": request.model_dump(mode="json"),
        "ranges": {name: [type(span).__name__, asdict(span)] for name, span in ranges.items()},
        "objective": objective,
    }
    text = json.dumps(facts, sort_keys=True, default=str)
    return f"ic-tf-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
