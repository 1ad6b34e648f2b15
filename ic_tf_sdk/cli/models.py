"""``ic-tf models``: which models there are."""

from typing import TYPE_CHECKING

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["models", "print_models"]


@click.command(
    epilog=examples(
        "models mobilenet --max-input 224",
        "models --family 'BiT-*' --filter 'num_classes == 1000' --json",
    )
)
@click.argument("name", required=False)
@click.option("--family", metavar="PATTERN", help="Only these families, for example 'BiT-*'.")
@click.option("--max-parameters", type=float, metavar="M", help="At most M million parameters.")
@click.option("--max-input", type=int, metavar="PIXELS", help="Input of at most PIXELS a side.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="SENTENCE",
    help="Only what fits, for example 'num_classes == 1000' or 'pixel_range == 0..1'; may be given "
    "several times.",
)
@json_option("Print JSON.")
def models(
    name: str | None,
    family: str | None,
    max_parameters: float | None,
    max_input: int | None,
    filters: tuple[str, ...],
    as_json: bool,
) -> None:
    """List the models of the catalogue.

    NAME narrows the list to those whose id or name holds it; it may have wildcards:
    '*mobilenet*224*'.
    """
    from ic_tf_sdk import specs

    pattern = name if name is None or "*" in name else f"*{name}*"
    ids = specs.list_models(
        specs.And(*filters),
        name=pattern,
        family=family,
        parameters_millions=(None, max_parameters),
        input_size=(None, max_input),
    )
    records = [specs.get(model_id) for model_id in ids]
    if as_json:
        print_json([spec.to_json() for spec in records])
        return
    if not records:
        click.echo("No model fits. `ic-tf models` without options lists them all.", err=True)
        return
    print_models(records)


def print_models(records: "Sequence[ModelSpec]") -> None:
    """Print a row for each model."""
    print_table(
        ("model id", "family", "version", "input", "features", "M params"),
        [
            (
                spec.model_id,
                spec.family,
                spec.version,
                f"{spec.input_height}x{spec.input_width}",
                spec.feature_vector_size,
                spec.parameters_millions,
            )
            for spec in records
        ],
    )
