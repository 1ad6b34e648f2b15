"""``ic-tf compare``: several trainings side by side."""

from pathlib import Path

import click

from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.launch.local import compared_runs
from ic_tf_sdk.launch.local.compare import compare as run

__all__ = ["compare"]

_OUTPUT = LocalPath("Copy it with `aws s3 cp --recursive`.")
_LONGEST = 40


@click.command(
    epilog=examples(
        "compare first/ second/ third/ --page compared.html",
        "compare first/ elsewhere/model.tar.gz --json",
    )
)
@click.argument("outputs", metavar="OUT...", nargs=-1, required=True, type=_OUTPUT)
@click.option(
    "--page",
    type=LocalPath("Write it here, then copy it with `aws s3 cp`."),
    help="HTML file to create: the tables and the curves.",
)
@json_option("Print everything as JSON.")
def compare(*, outputs: tuple[Path, ...], page: Path | None, as_json: bool) -> None:
    """Lay several trainings side by side.

    OUT is the output folder of `ic-tf fit` or of a LocalEstimator's job, a copy of what a job on
    SageMaker left, or a model.tar.gz. Shown are the accuracy with its standard error, the time, and
    the settings that are not the same in all. What a run lacks is told.
    """
    if page is not None:
        file_access.require_writable(page)
    found = run(*outputs)
    if page is not None:
        with file_access.refusals(page):
            page.parent.mkdir(parents=True, exist_ok=True)
            found.write(page)
    if as_json:
        print_json(found.as_dict())
        return
    print_table(compared_runs.COLUMNS, found.rows())
    if len(found.runs) > 1:
        _print_differences(found.differences)
    for note in found.notes():
        say(f"Note: {note}")
    if page is not None:
        tell(f"The page, for a browser: {page}")


def _print_differences(differences: dict[str, tuple[str | None, ...]]) -> None:
    say()
    if not differences:
        say("No setting that is known differs.")
        return
    count = len(next(iter(differences.values())))
    rows = [(name, *map(_short, row)) for name, row in differences.items()]
    print_table(("setting", *(f"run {number}" for number in range(1, count + 1))), rows)


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
