"""Training a model further with a sample of what it was trained on before."""

from pathlib import Path

from ic_tf_sdk.contract import folder_names, image_names, model_archive, split_folders
from ic_tf_sdk.contract.image_names import ChannelNames
from ic_tf_sdk.errors import DatasetError, UserError
from ic_tf_sdk.launch.local import location
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.training.data import rehearsal

__all__ = ["rehearsing"]


def rehearsing(training: TrainingRequest, old: str | Path | None) -> TrainingRequest:
    """The same training with a sample of the old images, or its refusal.

    Args:
        training: From ``request``.
        old: The folder that the model was trained on. Where it holds ``train/`` and ``test/``, the
            one is rehearsed, and the other tests where no test images are given. None for a
            training on the new images alone, which must be of all classes then.

    Raises:
        DatasetError: The old images are not of the model's classes, or there is no such folder; or
            without them the new ones are of some classes only.
        UserError: The model was not trained before, or the folder lies in S3.
    """
    if old is None:
        _refuse_some_classes(training)
        return training
    if not training.model.is_fine_tuned:
        raise UserError(
            f"{training.model.path} is a pretrained model, which has no classes yet: there is "
            "nothing to rehearse. Leave out --rehearse (rehearse=), or give the model.tar.gz of an "
            "earlier training as the model."
        )
    folder = location.local_path(old)
    names = _names(folder)
    parts = split_folders.parts(names.classes)
    kinds = {kind: name for name, kind in reversed(parts.items())}
    if "training" in kinds:
        channels = dict(training.channels)
        if "test" in kinds:
            channels.setdefault("test", folder / kinds["test"])
        training = training.model_copy(update={"channels": channels})
        folder = folder / kinds["training"]
        names = _names(folder)
    _refuse_other_classes(training, folder, names)
    return training.model_copy(update={"rehearse": folder.absolute()})


def _labels(training: TrainingRequest) -> tuple[str, ...]:
    labels = model_archive.trained_labels(training.model.path)
    return tuple(map(image_names.class_name, labels))


def _names(folder: Path) -> ChannelNames:
    if absence := folder_names.absence(folder):
        raise DatasetError(absence)
    return image_names.read(folder_names.below(folder))


def _refuse_other_classes(training: TrainingRequest, old: Path, names: ChannelNames) -> None:
    labels = _labels(training)
    reason = rehearsal.other_classes(old, names.labels, labels)
    reasons = [reason] if reason else []
    new = training.channels["training"]
    others = sorted(set(_names(new).labels) - set(labels))
    if others:
        reasons.append(
            f"{new} has classes that the model does not have: {', '.join(map(repr, others))}. "
            "Start from the pretrained model to add classes."
        )
    if reasons:
        raise DatasetError("\n".join(reasons))


def _refuse_some_classes(training: TrainingRequest) -> None:
    """Where the new images are of some of the model's classes: what helps, before the job's rule.

    Other classes than the model's are refused by the job, which lists both.
    """
    folder = training.channels["training"]
    if not training.model.is_fine_tuned or folder_names.absence(folder):
        return
    here, every = set(_names(folder).labels), set(_labels(training))
    if not here or not here < every:
        return
    missing = ", ".join(map(repr, sorted(every - here)[:10]))
    more = f" and {len(every - here) - 10} more" if len(every - here) > 10 else ""
    raise DatasetError(
        f"{folder} has images of {len(here)} of the model's {len(every)} classes (missing here: "
        f"{missing}{more}): trained on them alone it would forget the others. Give the folder that "
        "it was trained on, of which a sample is trained, too: --rehearse OLD (in Python "
        "rehearse=)."
    )
