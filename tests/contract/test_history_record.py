"""The course of a training as it is kept beside the model."""

import json
import math
from pathlib import Path

import pytest

from ic_tf_sdk.contract import history_record
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import UserError

RECORD = HistoryRecord(
    epochs=[{"loss": 0.5}, {"loss": 0.25}], seconds=[1.5, 2.0], best_epoch=1, test={"accuracy": 1.0}
)


def test_it_is_read_as_it_was_written_into_a_folder_that_may_be_missing(tmp_path: Path) -> None:
    folder = tmp_path / "output" / "data"
    for record in (RECORD, RECORD.model_copy(update={"best_epoch": 0})):
        record.write(folder)
        assert history_record.read(folder) == record
    assert [path.name for path in folder.iterdir()] == ["history.json"]


def test_a_number_that_is_none_is_null_in_the_file_and_nan_when_it_is_read(tmp_path: Path) -> None:
    RECORD.model_copy(update={"epochs": [{"loss": math.nan}]}).write(tmp_path)
    assert json.loads((tmp_path / "history.json").read_text())["epochs"] == [{"loss": None}]
    assert math.isnan(history_record.read(tmp_path).epochs[0]["loss"])


def test_a_record_of_before_the_job_said_what_it_chose_is_read(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(RECORD.model_dump_json(exclude={"chosen"}))
    assert history_record.read(tmp_path) == RECORD


def test_a_record_that_is_not_there_or_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"history\.json cannot be read: No such file.* writes it"):
        history_record.read(tmp_path)
    (tmp_path / "history.json").write_text(json.dumps({"epochs": 3, "seconds": []}))
    with pytest.raises(UserError, match="is no record of a training") as caught:
        history_record.read(tmp_path)
    assert all(name in str(caught.value) for name in ("epochs", "best_epoch", "test"))
