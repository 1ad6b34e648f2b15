"""The MODEL of the commands that answer with a model, or convert one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

__all__ = ["model_argument"]


def model_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``MODEL`` and ``--models``; ``classifier_archive.locate`` finds it."""
    option = click.option(
        "--models",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Folder of `ic-tf mirror`, for a MODEL that is a model id.",
    )
    return click.argument("model")(option(command))
