"""The head of the report: how good the model is, measured on what, and what it was made of."""

import math

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.pages.markup import percent, text
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.report.run_facts import RunFacts, duration

__all__ = ["accuracy", "headline", "of_channel"]

_CHOSEN_ON = (
    "These images also chose the epoch that was exported, which flatters the figure a little. A "
    "test channel, of other images, gives a fair one."
)
_UNMEASURED = (
    "Nothing was measured: there were neither test nor validation images. Give a test channel, or "
    "a validation_split_ratio above 0."
)


def headline(record: HistoryRecord, evaluation: Evaluation | None, facts: RunFacts) -> str:
    """The title, the accuracy with its standard error, and the run in a sentence, as HTML.

    Args:
        record: The course of the training.
        evaluation: The answers; None where nothing was measured.
        facts: The run.
    """
    return (
        f"<header><h1>{text(facts.model)}, fine-tuned</h1>{accuracy(evaluation)}"
        f"<p>{_run(record, facts)}</p></header>"
    )


def of_channel(evaluation: Evaluation) -> str:
    """The images as a person calls them: ``200 test images``."""
    count = len(evaluation.folder.files)
    return f"{count} {evaluation.channel} image{'' if count == 1 else 's'}"


def accuracy(evaluation: Evaluation | None) -> str:
    """The accuracy with its standard error, or that there is none, as HTML.

    Args:
        evaluation: The answers; None where nothing was measured.
    """
    record = None if evaluation is None else evaluation.record()
    if evaluation is None or record is None:
        return f'<p class="soft">{_UNMEASURED}</p>'
    share = record.accuracy
    error = math.sqrt(share * (1 - share) / record.images)
    note = f'<p class="soft">{_CHOSEN_ON}</p>' if evaluation.channel == "validation" else ""
    return (
        f'<p class="figure"><strong>{percent(share)}</strong> of {of_channel(evaluation)} are right'
        f' <span class="soft">(standard error {percent(error)})</span></p>{note}'
    )


def _run(record: HistoryRecord, facts: RunFacts) -> str:
    count = len(record.epochs)
    parts = [f"{'1 epoch' if count == 1 else f'{count} epochs'}, exported: {record.best_epoch + 1}"]
    training = sum(facts.images.get("training", ()))
    if training:
        parts.insert(0, f"{training} training images of {len(facts.labels)} classes")
    if facts.seconds is not None:
        epochs = duration(sum(record.seconds))
        parts.append(f"{duration(facts.seconds)} in all, {epochs} of it in epochs")
    if facts.finished is not None:
        parts.append(f"{facts.finished:%Y-%m-%d %H:%M %Z}")
    return text("; ".join(parts)) + "."
