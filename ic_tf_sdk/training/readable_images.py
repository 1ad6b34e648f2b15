"""A job's images less those that do not decode, which takes TensorFlow to find out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from ic_tf_sdk.contract import class_counts, phases
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_scan
from ic_tf_sdk.training.data.decode_check import decode_check
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.plan import Plan

__all__ = ["naming_bad_images", "readable"]

# What reading a file raises, here and in TensorFlow's graph.
_OF_FILES = (
    OSError,
    tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnknownError,
)


def readable(plan: Plan) -> Plan:
    """The plan less every image that does not decode.

    With ``on_bad_image`` "skip" every image is decoded once before training. Otherwise only those
    whose headers leave a doubt: what else is damaged shows when it is first decoded, and then
    ``naming_bad_images`` says which it is.

    Args:
        plan: The checked job.

    Raises:
        DatasetError: With ``on_bad_image`` "error" every image that does not decode, with its
            reason; with "skip" the classes of training, or the channel, of which none is left.
    """
    left_out: dict[Path, str] = {}
    channels = {name: _readable(plan, folder, left_out) for name, folder in plan.channels().items()}
    for name, folder in channels.items():
        counts = dict(zip(folder.labels, folder.counts, strict=True))
        problem = class_counts.used_up(counts, str(folder.root), each=name == "training")
        if problem:
            raise DatasetError(problem)
    return replace(
        plan,
        training=channels["training"],
        validation=channels.get("validation"),
        test=channels.get("test"),
        left_out=left_out,
    )


def _readable(plan: Plan, folder: ImageFolder, left_out: dict[Path, str]) -> ImageFolder:
    """A channel less what does not decode, which is added to ``left_out``."""
    skip = plan.hyperparameters.on_bad_image == "skip"
    rows = [
        row
        for row, file in enumerate(folder.files)
        if skip or folder.root / file in plan.needs_decoding
    ]
    bad: dict[int, str] = {}
    if rows:
        with phases.phase("decoding", total=len(rows)) as advance:
            bad = decode_check(folder, rows, advance=advance)
    if not skip:
        image_scan.refuse(folder, bad)
    left_out |= {folder.root / folder.files[row]: reason for row, reason in bad.items()}
    return image_scan.without(folder, bad)


@contextmanager
def naming_bad_images(plan: Plan) -> Iterator[None]:
    """Turn TensorFlow's nameless error of reading or decoding into one that lists the files.

    Files pass a check of their first bytes before training; that a file breaks off later shows
    when it is first decoded. Only then is it worth decoding everything one by one. Files may also
    vanish meanwhile, with a network disk or a cache that is cleaned.

    Args:
        plan: The job whose images are read meanwhile.

    Raises:
        DatasetError: One or more images do not decode, or cannot be read any more.
    """
    try:
        yield
    except (*_OF_FILES, tf.errors.InvalidArgumentError) as error:
        for folder in plan.channels().values():
            image_scan.refuse_vanished(folder)
        if isinstance(error, tf.errors.InvalidArgumentError):
            for folder in plan.channels().values():
                image_scan.refuse(folder, decode_check(folder, range(len(folder.files))))
        raise
