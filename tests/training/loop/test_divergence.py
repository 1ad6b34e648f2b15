"""A training whose numbers overflow never ends with a model that cannot answer."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.contract import history_record
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.loop.progress import Progress

DIVERGING = {"train_only_on_top": True, "beta_1": 1.0, "epochs": 3}


@pytest.mark.parametrize("split", [0.2, 0.0], ids=["validation", "no validation"])
def test_a_job_that_diverges_says_so_and_leaves_no_model(
    train: Any, tmp_path: Path, split: float
) -> None:
    for _ in ("first", "started again"):
        with pytest.raises(HyperparameterError, match="learning_rate below 0"):
            train(folder=tmp_path / "job", validation_split_ratio=split, **DIVERGING)
        assert not list((tmp_path / "job" / "model").glob("*"))


def closed(*epochs: tuple[float, float, float], **hyperparameters: object) -> Progress:
    """A training whose epochs have these losses, validation losses and validation accuracies."""
    progress = Progress()
    checked = parse({"epochs": len(epochs), **hyperparameters})
    for loss, val_loss, accuracy in epochs:
        metrics = {"loss": loss, "val_loss": val_loss, "val_accuracy": accuracy}
        if not progress.finished:
            progress.close_epoch(metrics, 1.0, checked)
    return progress


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_an_epoch_whose_loss_is_no_number_is_never_the_best(number: float) -> None:
    assert closed((1.0, number, 0.9), (1.0, 1e9, 0.3), (1.0, 5.0, 0.3)).best_epoch == 2
    assert closed((1.0, 2.0, 0.3), (1.0, number, 0.9)).best_epoch == 0
    assert not closed((1.0, number, 0.9)).has_best


def test_a_training_ends_once_its_own_loss_is_no_number() -> None:
    progress = closed((1.0, 1.0, 0.5), (math.nan, math.nan, 0.9), (math.nan, math.nan, 0.9))
    assert len(progress.epochs) == 2
    assert progress.best_epoch == 0


def test_an_epoch_that_overflows_does_not_count_for_early_stopping() -> None:
    losses = [(1.0, math.nan, 0.9), (1.0, 1.0, 0.3), (1.0, 1.0, 0.4), (1.0, 1.0, 0.5)]
    patience = {"early_stopping": True, "early_stopping_patience": 2}
    progress = closed(*losses, **patience)
    assert len(progress.epochs) == 4
    assert progress.best_epoch == 3


def test_the_history_is_json_to_every_reader_and_comes_back(tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    epochs = [{"loss": math.nan, "val_auc": math.inf}, {"loss": 0.5, "val_auc": 0.5}]
    HistoryRecord(epochs=epochs, seconds=[1.0, 1.0], best_epoch=1, test={}).write(tmp_path)
    content = json.loads((tmp_path / "history.json").read_text(), parse_constant=refuse)
    assert content["epochs"][0] == {"loss": None, "val_auc": None}
    assert math.isnan(history_record.read(tmp_path).epochs[0]["loss"])
