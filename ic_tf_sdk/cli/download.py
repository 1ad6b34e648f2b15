"""``--download``: the weights of a model id fetched into the cache, with a bar on a terminal."""

import sys
from pathlib import Path

from ic_tf_sdk import extras, s3, specs
from ic_tf_sdk.backbones import at_hand
from ic_tf_sdk.cli.output import is_quiet, tell
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import UserError

__all__ = ["fetch"]


def fetch(model: str, models: Path | None, scope: Scope) -> None:
    """Fetch the weights of a model id; nothing where they are at hand and whole.

    Args:
        model: What the user gave.
        models: Folder of ``ic-tf mirror``.
        scope: ``"training"`` for the weights to train on, ``"inference"`` for those that answer.

    Raises:
        UserError: A path, which there is nothing to fetch for.
        UnknownModelError: No such model.
        DownloadError: They are not to be had.
    """
    if s3.is_uri(model) or model_archive.existing(model) is not None:
        raise UserError(f"--download fetches the weights of a model id, and {model} is a path.")
    # Imported here: most commands never need it.
    from ic_tf_sdk.content.download import download, is_whole

    found = at_hand.find(model, scope, models=models)
    if found is not None and (found.place != "download" or is_whole(found.location)):
        return
    tell(f"Fetching {model} into {at_hand.downloads()}")
    if not is_quiet() and sys.stderr.isatty() and extras.has("rich"):
        _with_bar(model, scope)
    else:
        download(model, scope)


def _with_bar(model_id: str, scope: Scope) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeElapsedColumn

    from ic_tf_sdk.content.download import download

    # TF Hub tells no size beforehand; four bytes for each parameter come near it.
    millions = specs.get(model_id).parameters_millions
    total = None if millions is None else int(4e6 * millions)
    columns = (BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Fetching", total=total)

        def show(count: int) -> None:
            progress.update(task, completed=count, total=total and max(total, count))

        download(model_id, scope, on_bytes=show)
