"""``ic-tf models``: which models there are, and which of them are here."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ic_tf_sdk.cli import next_steps
from ic_tf_sdk.cli.options import examples, json_option, models_option
from ic_tf_sdk.cli.output import fits, print_json, print_table, tell

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec
    from ic_tf_sdk.specs.search import Order

__all__ = ["models", "print_models"]

_PREFIX = "tensorflow-ic-"
_LEGEND = f"""Each id begins with {_PREFIX}, which a narrow terminal leaves out.
px: a side of the input. M params: millions of parameters.
top-1 %: published accuracy on ImageNet.
ms: one image through the backbone, as the documentation's measurements have it.
-: nobody has published it, or it was not measured; `ic-tf describe` says which."""


@click.command(
    epilog=examples(
        "models --family 'BiT-*' --filter 'num_classes == 1000' --json",
        "models --max-parameters 10 --min-accuracy 75 --sort accuracy",
        "models mobilenet --max-input 224 --available",
    )
)
@click.argument("name", required=False)
@click.option("--family", metavar="PATTERN", help="Only these families, for example 'BiT-*'.")
@click.option("--max-parameters", type=float, metavar="M", help="At most M million parameters.")
@click.option("--max-input", type=int, metavar="PIXELS", help="Input of at most PIXELS a side.")
@click.option(
    "--min-accuracy", type=float, metavar="PERCENT", help="At least this top-1 on ImageNet."
)
@click.option(
    "--sort",
    "order",
    type=click.Choice(["name", "accuracy", "size", "speed", "input"]),
    default="name",
    show_default=True,
    help="The best first: most accurate, smallest, fastest, fewest pixels; the unknown last.",
)
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="SENTENCE",
    help="Only what fits, for example 'num_classes == 1000' or 'pixel_range == 0..1'; may be given "
    "several times.",
)
@click.option(
    "--available",
    is_flag=True,
    help="Only those whose weights are on this machine, and where; nothing is downloaded.",
)
@models_option
@json_option("Print JSON: every fact of each model, and where it is from.")
def models(
    *,
    name: str | None,
    family: str | None,
    max_parameters: float | None,
    max_input: int | None,
    min_accuracy: float | None,
    order: "Order",
    filters: tuple[str, ...],
    available: bool,
    models: Path | None,
    as_json: bool,
) -> None:
    """List the models of the catalogue, with what helps to choose one.

    NAME narrows the list to those whose id or name holds it; it may have wildcards:
    '*mobilenet*224*'. `ic-tf select IMAGES/` measures those that are here on your own images.
    """
    from ic_tf_sdk import specs

    pattern = name if name is None or "*" in name else f"*{name}*"
    ids = specs.list_models(
        specs.And(*filters),
        name=pattern,
        family=family,
        parameters_millions=(None, max_parameters),
        input_size=(None, max_input),
        imagenet_top1=(min_accuracy, None),
        sort_by=order,
    )
    if available:
        _show_available(ids, models, as_json=as_json)
    else:
        _show([specs.get(model_id) for model_id in ids], as_json=as_json)


def _show(records: "Sequence[ModelSpec]", *, as_json: bool) -> None:
    if as_json:
        print_json([spec.to_json() for spec in records])
        return
    if not records:
        tell("No model fits. `ic-tf models` without options lists them all.")
        return
    print_models(records)
    some = records[0].model_id
    count = f"{len(records)} models." if len(records) > 1 else "1 model."
    tell(f"\n{count} {_LEGEND}")
    next_steps.show(
        ("all that is known about it, and where each figure is from", ["ic-tf", "describe", some]),
        ("measure those that are here on your images", ["ic-tf", "select", "IMAGES/"]),
        ("fine-tune it on a folder of class folders", ["ic-tf", "fit", "IMAGES/", "-m", some]),
    )


def print_models(records: "Sequence[ModelSpec]") -> None:
    """Print a row for each model, without the common beginning of all ids where room is scarce."""
    columns = ("model id", "px", "M params", "top-1 %", "ms")
    rows = [
        (
            spec.model_id,
            _side(spec),
            spec.parameters_millions,
            None if spec.imagenet_top1 is None else f"{spec.imagenet_top1:.1f}",
            spec.ms_per_image,
        )
        for spec in records
    ]
    if not fits(columns, rows):
        rows = [(row[0].removeprefix(_PREFIX), *row[1:]) for row in rows]
    print_table(columns, rows)


def _side(spec: "ModelSpec") -> str:
    height, width = spec.input_height, spec.input_width
    return str(width) if height == width else f"{height}x{width}"


def _show_available(model_ids: Sequence[str], models: Path | None, *, as_json: bool) -> None:
    from ic_tf_sdk.backbones import at_hand

    rows = [item for item in at_hand.available(models) if item.model_id in model_ids]
    if as_json:
        print_json([item._asdict() | {"location": str(item.location)} for item in rows])
        return
    if not rows:
        tell("None of them is on this machine.")
        return
    columns = ("model id", "for", "from", "location")
    print_table(columns, [(i.model_id, i.scope, i.place, i.location) for i in rows])
