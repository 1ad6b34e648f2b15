"""The reports of a job in its output data folder; none of them is part of the served model.

::

    history.json  history.csv        each epoch's metrics
    tensorboard/                     the same for TensorBoard
    evaluation.json                  scores per class, largest confusions, matrix of few classes
    per_class.csv  confusion_matrix.csv  misclassified.csv
    report.html                      all of it on one page
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from ic_tf_sdk.contract import csv_file, output_files
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.results import calibration
from ic_tf_sdk.training.results.evaluation import (
    MATRIX_CLASSES,
    ClassScore,
    Evaluation,
    Mistake,
)
from ic_tf_sdk.training.results.report import page, picture_choice, thumbnails
from ic_tf_sdk.training.results.report.run_facts import RunFacts

__all__ = ["summary", "write", "write_evaluation"]

_MOST_CONFUSIONS = 1000


def write(
    folder: Path,
    record: HistoryRecord,
    evaluation: Evaluation | None,
    facts: RunFacts,
    preprocessing: Preprocessing | None = None,
) -> None:
    """Write every report.

    Args:
        folder: The output data folder, which is created if need be.
        record: The course of the training.
        evaluation: The answers on the test channel, else on the validation images; None without
            either.
        facts: What the page says of the run.
        preprocessing: That of the job, for the page's small pictures; None for a page without.
    """
    record.write(folder)
    names = list(record.epochs[0])
    epochs = (
        [index + 1, record.seconds[index], *(metrics[name] for name in names)]
        for index, metrics in enumerate(record.epochs)
    )
    csv_file.write(folder / "history.csv", ["epoch", "seconds", *names], epochs)
    _write_tensorboard(folder / "tensorboard", record)
    if evaluation is not None:
        write_evaluation(folder, evaluation)
    text = _page(record, evaluation, facts, preprocessing)
    output_files.write_text(folder / output_files.REPORT_FILE, text)


def _page(
    record: HistoryRecord,
    evaluation: Evaluation | None,
    facts: RunFacts,
    preprocessing: Preprocessing | None,
) -> str:
    if evaluation is None or preprocessing is None:
        return page.render(record, evaluation, facts)
    choice = picture_choice.choose(evaluation)
    small = thumbnails.make(evaluation.folder, choice.rows(), preprocessing)
    return page.render(record, evaluation, facts, choice=choice, thumbnails=small)


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """What ``evaluation.json`` says.

    Args:
        evaluation: The answers.
    """
    few = len(evaluation.folder.labels) <= MATRIX_CLASSES
    return {
        "channel": evaluation.channel,
        "metrics": evaluation.metrics,
        "classes": [score._asdict() for score in evaluation.class_scores()],
        "confusions": [one._asdict() for one in evaluation.confusions()[:_MOST_CONFUSIONS]],
        "confusion_matrix": evaluation.confusion_matrix().tolist() if few else None,
        "calibration": calibration.summary(evaluation),
    }


def write_evaluation(
    folder: Path, evaluation: Evaluation, further: Mapping[str, object] | None = None
) -> None:
    """Write the tables and ``evaluation.json``.

    Args:
        folder: Where, a folder that is there.
        evaluation: The answers.
        further: More fields of ``evaluation.json``.
    """
    labels, matrix = evaluation.folder.labels, evaluation.confusion_matrix().tolist()
    output_files.write_json(folder / "evaluation.json", {**summary(evaluation), **(further or {})})
    csv_file.write(folder / "per_class.csv", ClassScore._fields, evaluation.class_scores())
    rows = ([label, *row] for label, row in zip(labels, matrix, strict=True))
    csv_file.write(folder / "confusion_matrix.csv", ["label", *labels], rows)
    csv_file.write(folder / "misclassified.csv", Mistake._fields, evaluation.mistakes())


def _write_tensorboard(folder: Path, record: HistoryRecord) -> None:
    """Training and validation as two runs of the same names, so that charts lay them together."""
    # A job that was killed here writes them again, and charts would show both.
    shutil.rmtree(folder, ignore_errors=True)
    runs = [("train", False), ("validation", True)]
    # The version 1 writer needs no tensorboard package, which the container may lack; it refuses
    # eager mode, hence the graph.
    with tf.Graph().as_default():
        for run, validation in runs:
            writer = tf.compat.v1.summary.FileWriter(str(folder / run))
            for epoch, metrics in enumerate(record.epochs, start=1):
                values = [
                    tf.compat.v1.Summary.Value(tag=name.removeprefix("val_"), simple_value=value)
                    for name, value in metrics.items()
                    if name.startswith("val_") is validation
                ]
                writer.add_summary(tf.compat.v1.Summary(value=values), epoch)
            writer.close()
