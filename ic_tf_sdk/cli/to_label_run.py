"""The part of ``ic-tf predict --to-label``: what is printed, and the page."""

from collections.abc import Sequence
from pathlib import Path

import click

from ic_tf_sdk.cli import next_steps
from ic_tf_sdk.cli.display import phases_shown
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import quiet_tensorflow
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.launch.local import to_label
from ic_tf_sdk.launch.local.to_label import ToLabel

__all__ = ["check", "run"]


def check(out: Path | None, others: Sequence[str]) -> None:
    """Refuse what can be known before the work.

    Args:
        out: The page to write; None for none.
        others: Options that were given and say nothing here.

    Raises:
        UserError: The page's name does not end in .html, or an option is of predictions.
        OutputExistsError: It exists.
        FileAccessError: It could not be written.
        MissingExtraError: An extra is not installed.
    """
    reasons = [f"Leave out {', '.join(others)} with --to-label."] if others else []
    if out is not None and out.suffix not in (".html", ".htm"):
        reasons.append(f"With --to-label --out is a page, whose name ends in .html; not {out}.")
    if reasons:
        raise UserError("\n".join(reasons))
    to_label.require()
    if out is not None:
        file_access.require_writable(out)


def run(
    path: Path,
    images: Sequence[SourceImage],
    count: int,
    *,
    model: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Choose, print, and write the page.

    Args:
        path: The model.
        images: All pictures.
        count: How many to choose.
        model: What the user calls the model.
        out: The page to write; None for none.
        as_json: Whether to print JSON, and no progress.

    Raises:
        click.exceptions.Exit: Some pictures could not be answered: exit code 1.
    """
    with phases_shown(silent=as_json):
        quiet_tensorflow.load()
        found = to_label.to_label(path, images, count, pictures=out is not None)
    if out is not None:
        # It loads TensorFlow.
        from ic_tf_sdk.launch.local import to_label_page

        with file_access.refusals(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            to_label_page.write(out, found, model)
    if as_json:
        print_json(
            {
                "images": found.images,
                "method": found.method,
                "to_label": [one._asdict() for one in found.found],
                "failed": dict(found.failed),
                "out": None if out is None else str(out),
            }
        )
    else:
        _print(found, model, out)
    if found.failed:
        click.get_current_context().exit(1)


def _print(found: ToLabel, model: str, out: Path | None) -> None:
    rows = [
        (one.image, one.label, f"{one.probability:.4f}", one.second_label,
         f"{one.second_probability:.4f}")
        for one in found.found
    ]  # fmt: skip
    print_table(("image", "label", "probability", "or", "of that"), rows)
    for image, reason in found.failed.items():
        say(f"{visible(image)}: {visible(reason)}", err=True)
    tell(f"\n{found.method}")
    if out is not None:
        tell(f"The same with pictures, for a browser: {out}")
    next_steps.show(
        (
            "once each is in a folder of the name of its class",
            ["ic-tf", "fit", "LABELLED/", "--model", model, "--rehearse", "OLD/"],
        )
    )
