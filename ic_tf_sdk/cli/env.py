"""``ic-tf env``: what a report of a fault needs to say about this machine."""

import importlib.metadata
import os
import platform
import re
from typing import Any

import click

from ic_tf_sdk._version import __version__
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, print_table, say

__all__ = ["env"]

_DISTRIBUTION = "ic-tf-sdk"


@click.command(epilog=examples("env", "env --no-devices --json"))
@click.option(
    "--devices/--no-devices",
    default=True,
    help="Load TensorFlow, where it is installed, to see its devices.",
)
@json_option("Print JSON.")
def env(*, devices: bool, as_json: bool) -> None:
    """Show versions, devices and settings, for a report of a fault.

    There are no secrets in it: names of buckets, profiles and hosts are not shown, only that they
    are set.
    """
    # Before TensorFlow is loaded, which sets some.
    settings = _settings()
    parts: dict[str, dict[str, Any]] = {
        "system": _system(),
        "packages": _packages(),
        "devices": _devices() if devices else {},
        "settings": settings,
        "weights": _weights(),
    }
    if as_json:
        print_json(parts)
        return
    for title, facts in parts.items():
        if facts:
            print_table((title, ""), list(facts.items()))
            say()


def _system() -> dict[str, Any]:
    return {
        "ic_tf_sdk": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "processors": os.cpu_count(),
    }


def _packages() -> dict[str, str]:
    """Version of each package of the extras that is installed."""
    try:
        requirements = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        # A checkout on the path.
        return {}
    names = {match[0] for text in requirements if (match := re.match(r"[\w.-]+", text))}
    return {name: version for name in sorted(names) if (version := _version(name))}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> dict[str, str]:
    from ic_tf_sdk import extras
    from ic_tf_sdk.inference import quiet_tensorflow

    if not extras.has("tensorflow"):
        return {"TensorFlow": extras.advice("tensorflow")}
    quiet_tensorflow.load()
    config = extras.load("tensorflow").config
    described = config.experimental.get_device_details
    devices = config.list_physical_devices()
    return {device.name: described(device).get("device_name", "-") for device in devices}


def _settings() -> dict[str, Any]:
    """Settings and variables that are set; of what may be private only that it is."""
    from ic_tf_sdk import settings
    from ic_tf_sdk.specs.shell_variables import VARIABLES

    found: dict[str, Any] = {}
    for variable in VARIABLES:
        for name, value in (
            (f"settings.{variable.setting}", getattr(settings, variable.setting or "-", None)),
            (variable.name, os.environ.get(variable.name)),
        ):
            if value is not None:
                found[name] = value if variable.is_plain else "(set)"
    return found


def _weights() -> dict[str, Any]:
    from ic_tf_sdk.backbones import at_hand

    places = [item.place for item in at_hand.available()]
    return {place: places.count(place) for place in dict.fromkeys(places)}
