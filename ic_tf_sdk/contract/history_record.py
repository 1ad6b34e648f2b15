"""``history.json`` of the output data: what happened in each epoch, and on the test channel."""

import math
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ic_tf_sdk.contract import output_files, validation
from ic_tf_sdk.errors import UserError

__all__ = ["HistoryRecord", "read"]

_FILE_NAME = "history.json"


def _number(value: object) -> object:
    return math.nan if value is None else value


# JSON has no word for a number that is none: it is written as null, and read as nan.
_Metric = Annotated[float, BeforeValidator(_number)]


class HistoryRecord(BaseModel):
    """The course of one training.

    Attributes:
        epochs: Metric name -> value for each epoch; validation names begin with ``val_``.
        seconds: Duration of each epoch, in seconds.
        best_epoch: Index of the epoch whose weights were kept: the best validation metric, of
            equals the one with the least validation loss; without validation images the last; never
            one whose loss is not a number.
        test: Metric name -> value on the test channel; empty without one.
        chosen: Hyperparameter -> the value that the job trained with, of each that it chose: what
            an ``auto`` came to, and a learning rate that goes with it.
    """

    model_config = ConfigDict(frozen=True)

    epochs: list[dict[str, _Metric]]
    seconds: list[float]
    best_epoch: int
    test: dict[str, _Metric]
    chosen: dict[str, str] = Field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the record into the output data folder, which is created if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        output_files.write_json(folder / _FILE_NAME, self.model_dump())


def read(folder: Path) -> HistoryRecord:
    """The record of an output data folder.

    Raises:
        UserError: There is none, or it cannot be read.
    """
    path = folder / _FILE_NAME
    try:
        return HistoryRecord.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}. A job writes it.") from error
    except ValidationError as error:
        reasons = "; ".join(validation.problems(error, HistoryRecord))
        raise UserError(f"{path} is no record of a training: {reasons}.") from error
