"""The trials of a tuning as the SDK's analytics show them."""

from datetime import timedelta
from typing import TYPE_CHECKING

from ic_tf_sdk import extras
from ic_tf_sdk.launch.local.tuning_result import Tuning

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TuningAnalytics"]


class TuningAnalytics:
    """The trials as the SDK's ``HyperparameterTuningJobAnalytics`` shows them.

    Args:
        result: Of a tuning.
    """

    def __init__(self, result: Tuning) -> None:
        self._result = result

    def dataframe(self) -> "pd.DataFrame":
        """A row for each trial: its hyperparameters, and the columns that the SDK has.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows = [
            {
                **one.hyperparameters,
                "TrainingJobName": one.name,
                "TrainingJobStatus": one.status,
                "FinalObjectiveValue": one.value,
                "TrainingStartTime": one.started,
                "TrainingEndTime": one.started + timedelta(seconds=one.seconds),
                "TrainingElapsedTimeSeconds": one.seconds,
            }
            for one in self._result.trials
        ]
        frame: pd.DataFrame = extras.load("pandas").DataFrame(rows)
        return frame
