"""AWS regions: which one a call means, and what is there."""

import os
from pathlib import Path

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UnknownRegionError, UserError, did_you_mean, nearest
from ic_tf_sdk.specs.catalogue import read

__all__ = [
    "DEFAULT_REGION",
    "chosen_region",
    "domain",
    "known_regions",
    "launched_regions",
    "require_launched",
]

DEFAULT_REGION = "us-west-2"
"""What the SageMaker SDK falls back to as well."""

# Partitions whose registries have another domain; every other region has amazonaws.com.
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
}


def chosen_region(region: object, session: object = None) -> str:
    """The region of a call: its argument, else its session's, else the environment's.

    The session's counts where JumpStart is launched. The environment's is ``AWS_DEFAULT_REGION``,
    ``AWS_REGION``, the region of the profile in AWS's configuration file, or ``us-west-2``; it is
    read at each call.

    >>> chosen_region("eu-central-1")
    'eu-central-1'

    Args:
        region: A region's name; None or ``""`` leaves the choice.
        session: A ``sagemaker.Session``, or anything that has ``boto_region_name``.

    Raises:
        UserError: ``region`` is no text, or ``session`` has no region.
    """
    if region is not None and not isinstance(region, str):
        raise UserError(f"The region must be text such as 'us-west-2', not {quoted(region)}.")
    return region or _session_region(session) or _environment_region()


def known_regions() -> list[str]:
    """Every region with an entry in the catalogue, in alphabetical order."""
    return list(read("regions"))


def launched_regions() -> list[str]:
    """Regions with JumpStart's public content, in alphabetical order."""
    return [name for name, facts in read("regions").items() if facts["launched"]]


def require_launched(region: str) -> None:
    """Refuse a region without JumpStart's public content.

    Raises:
        UnknownRegionError: Naming the nearest region, and all that exist.
    """
    known = launched_regions()
    if region not in known:
        raise UnknownRegionError(
            f"JumpStart's content is not in region {quoted(region)}."
            f"{did_you_mean(nearest(region, known, 2))} It is in {', '.join(known)}."
        )


def domain(region: str) -> str:
    """The domain of a region's image registries.

    >>> domain("us-west-2"), domain("cn-north-1")
    ('amazonaws.com', 'amazonaws.com.cn')
    """
    return next((d for start, d in _DOMAINS.items() if region.startswith(start)), "amazonaws.com")


def _session_region(session: object) -> str | None:
    if session is None:
        return None
    region = getattr(session, "boto_region_name", None)
    if not isinstance(region, str):
        raise UserError(
            f"sagemaker_session must have a boto_region_name, as sagemaker.Session has; "
            f"{type(session).__name__} has none."
        )
    return region if region in launched_regions() else None


def _environment_region() -> str:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        if os.environ.get(name):
            return os.environ[name]
    return _profile_region() or DEFAULT_REGION


def _profile_region() -> str | None:
    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    if not path.is_file():
        return None
    import configparser

    profile = os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or "default"
    section = profile if profile == "default" else f"profile {profile}"
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        # boto3 refuses such a file too, but a lookup that needs no AWS must not fail on it.
        return None
    return parser.get(section, "region", fallback=None)
