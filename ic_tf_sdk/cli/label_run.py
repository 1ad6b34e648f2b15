"""The part of ``ic-tf check-data --labels``: the run, what is printed of it, what is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ic_tf_sdk.cli.output import print_table, say
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.launch.local import label_check, suspects
from ic_tf_sdk.launch.local.default_model import default_model
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.label_check import LabelCheck
from ic_tf_sdk.launch.local.model_source import ModelSource, locate
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["check", "report", "run", "show", "source"]

_SHOWN = 10
_WORDS = {
    "label": "probably of another class",
    "leak": "in two channels",
    "duplicate": "nearly the same as another",
}


def check(output: Path, *, quick: bool) -> None:
    """Refuse what can be known before the work.

    Args:
        output: The folder to create.
        quick: Whether only headers shall be read.

    Raises:
        MissingExtraError: An extra is not installed.
        UserError: Two options exclude each other.
        OutputExistsError: The folder exists; its table may have been worked on.
        FileAccessError: It could not be written.
    """
    if quick:
        raise UserError("--labels decodes every image; leave out --quick.")
    label_check.require()
    if output.exists() or output.is_symlink():
        raise OutputExistsError(
            f"{output} already exists, and its {suspects.FILE_NAME} may have been worked on; give "
            "another folder (--output)."
        )
    file_access.require_folder(output)


def source(model: str | None, models: Path | None) -> ModelSource:
    """The model whose backbone looks at the images: that of ``fit`` where none is named."""
    return locate(model or default_model(()).model_id, models=models)


def run(
    folders: Mapping[str, ImageFolder], backbone: ModelSource, output: Path, listener: Listener
) -> LabelCheck:
    """Look, and write the table and the page.

    Args:
        folders: Channel name -> its images, all of which decode.
        backbone: From ``source``.
        output: The folder to create.
        listener: It hears a line for each stretch of work.
    """
    # It loads TensorFlow.
    from ic_tf_sdk.launch.local import suspects_page

    found = label_check.check_labels(folders, backbone, on_line=listener.on_line)
    with file_access.refusals(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        suspects_page.write(output, found, folders)
    return found


def report(found: LabelCheck, output: Path) -> dict[str, Any]:
    """The part of ``--json``.

    Args:
        found: From ``run``.
        output: The folder.
    """
    return {
        "model": found.model_id,
        "images": found.images,
        "judged": found.judged,
        "suspects": [one._asdict() for one in found.suspects],
        "output": str(output),
    }


def show(found: LabelCheck, output: Path) -> None:
    """Print the first of each kind.

    Args:
        found: From ``run``.
        output: The folder.
    """
    from ic_tf_sdk.launch.local.suspects_page import PAGE_NAME

    say()
    for kind, words in _WORDS.items():
        some = [one for one in found.suspects if one.kind == kind]
        say(f"{len(some)} images are {words}.")
        rows = [
            (f"{one.channel}/{one.file}", one.suggested_label or None, one.resembles)
            for one in some[:_SHOWN]
        ]
        if rows:
            print_table(("image", "perhaps", "compare"), rows)
        if len(some) > _SHOWN:
            say(f"and {len(some) - _SHOWN} more")
    say(f"\nAll of them, with pictures: {output / PAGE_NAME}", err=True)
