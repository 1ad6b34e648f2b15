"""The channels of a local job: what ``fit`` was given, as the places where the data lies."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UserError, did_you_mean, nearest

__all__ = ["read"]

_CHANNELS = ("training", "validation", "test")


def read(inputs: object) -> dict[str, str | Path]:
    """Channel name -> path, ``file://`` or S3 URI.

    Args:
        inputs: Channel name -> place or the SDK's ``TrainingInput`` of it; or one such alone, which
            is the training channel.

    Raises:
        UserError: A channel of another name, or of a kind that cannot be brought here; all that is
            wrong with the kinds at once.
    """
    given = inputs if isinstance(inputs, Mapping) else {"training": inputs}
    _check_names([str(name) for name in given])
    channels, problems = {}, []
    for name, value in given.items():
        place, problem = _place(value)
        channels[str(name)] = place
        if problem is None and s3.is_uri(place) and not str(place).endswith("/"):
            problem = f"URI {place} must end in '/', as in a SageMaker job."
        if problem is not None:
            problems.append(f"The {name} {problem}")
    if problems:
        raise UserError("\n".join(problems))
    return channels


def _check_names(names: list[str]) -> None:
    unknown = sorted(set(names) - set(_CHANNELS))
    if unknown or "training" not in names:
        hints = "".join(did_you_mean(nearest(name, _CHANNELS, 1)) for name in unknown)
        raise UserError(
            f"fit takes the channels training, and validation and test; not {sorted(names)}.{hints}"
        )


def _place(value: Any) -> tuple[str | Path, str | None]:
    """Where a channel's data lies; what is wrong with it, to stand behind the channel's name."""
    if isinstance(value, str | Path):
        return value, None
    if isinstance(value, os.PathLike):
        return Path(value), None
    config = getattr(value, "config", None)
    config = config if isinstance(config, Mapping) else {}
    source = config.get("DataSource")
    if not isinstance(source, Mapping):
        return "", (
            f"channel cannot be {quoted(value)}: give a path, a file:// or an S3 URI, or a "
            "TrainingInput."
        )
    if "S3DataSource" not in source:
        return "", (
            f"channel is a {type(value).__name__}, which only machines on AWS mount. Mount the "
            "file system here and give the path, or give an S3 URI."
        )
    return str(source["S3DataSource"]["S3Uri"]), _unreadable(source["S3DataSource"], config)


def _unreadable(source: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    """What a ``TrainingInput`` asks for that a folder of images is not."""
    demands = {
        "s3_data_type": (source.get("S3DataType"), ("S3Prefix", None)),
        "compression": (config.get("CompressionType"), ("None", None)),
        "record_wrapping": (config.get("RecordWrapperType"), ("None", None)),
        "input_mode": (config.get("InputMode"), ("File", "FastFile", None)),
    }
    wrong = [
        f"{name}={quoted(value)}" for name, (value, good) in demands.items() if value not in good
    ]
    if not wrong:
        return None
    return (
        f"channel's TrainingInput has {', '.join(wrong)}: the algorithm reads a folder of image "
        "files. Leave it out, and give the folder."
    )
