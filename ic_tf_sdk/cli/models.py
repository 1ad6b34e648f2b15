"""``ic-tf models``: which models there are."""

import click

from ic_tf_sdk import specs
from ic_tf_sdk.cli.output import print_json, print_table

__all__ = ["models"]


@click.command()
@click.option("--family", help="Only this architecture, for example MobileNetV2 or 'bit*'.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def models(family: str | None, as_json: bool) -> None:
    """List the models of the catalogue."""
    found = [specs.get(model_id) for model_id in specs.model_ids()]
    found = [spec for spec in found if not family or spec.family.lower() == family.lower()]
    if as_json:
        print_json([spec.model_dump(mode="json", exclude={"provenance"}) for spec in found])
        return
    print_table(
        ("model id", "name", "version", "input", "features", "M params"),
        [
            (
                spec.model_id,
                spec.display_name,
                spec.version,
                f"{spec.input_height}x{spec.input_width}",
                spec.feature_vector_size,
                spec.parameters_millions,
            )
            for spec in found
        ],
    )
