"""Which model an endpoint has, as ``/model`` says it."""

from datetime import timezone
from typing import Any

from ic_tf_sdk.contract.container_answer import Form
from ic_tf_sdk.inference.answering_model import AnsweringModel

__all__ = ["model_facts"]


def model_facts(model: AnsweringModel) -> dict[str, Any]:
    """What is known of a model, for JSON; what its archive does not record is None.

    Args:
        model: Loaded.

    Returns:
        ``model_id`` and ``model_version`` of the model that it was made of; ``kind``, one of
        ``fine_tuned`` and ``pretrained``; ``labels`` by class index; ``height`` and ``width``,
        pixels of the network's input; ``finished``, when its training ended, in UTC;
        ``evaluation`` with ``channel``, ``images`` and ``accuracy``, 0 to 1; ``calibrated`` and
        ``unknown``, whether it gives such answers.
    """
    info = model.info
    tuned = None if info is None else info.fine_tuning
    evaluation = None if tuned is None else tuned.evaluation
    finished = None if tuned is None else tuned.finished
    return {
        "model_id": None if info is None else info.model_id,
        "model_version": None if info is None else info.model_version,
        "kind": None if info is None else info.kind,
        "labels": list(model.labels),
        "height": model.height,
        "width": model.width,
        "finished": None if finished is None else f"{finished.astimezone(timezone.utc):%FT%TZ}",
        "evaluation": None if evaluation is None else evaluation.model_dump(),
        "calibrated": model.has(Form(calibrated=True)),
        "unknown": model.has(Form(unknown=True)),
    }
