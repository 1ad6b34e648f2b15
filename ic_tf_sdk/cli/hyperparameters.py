"""``ic-tf hyperparameters``: a model's defaults, or whether yours are valid."""

import warnings

import click

from ic_tf_sdk.cli.output import print_json, print_table
from ic_tf_sdk.errors import UserError

__all__ = ["hyperparameters"]


@click.command()
@click.argument("model_id")
@click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--version", default="*", show_default=True, help="Exact, or a prefix with *.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def hyperparameters(model_id: str, settings: tuple[str, ...], version: str, as_json: bool) -> None:
    """Show MODEL_ID's default hyperparameters, or check yours.

    With NAME=VALUE, for example epochs=10, the values are checked, all problems are reported at
    once, and the table shows them in place of the defaults.
    """
    from ic_tf_sdk.hyperparameters import retrieve_default
    from ic_tf_sdk.specs.hyperparameter_table import rows
    from ic_tf_sdk.specs.hyperparameters import canonical_name, parse

    given = dict(_pair(setting) for setting in settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values = retrieve_default(model_id=model_id, model_version=version)
    for warning in caught:
        click.echo(f"Warning: {warning.message}", err=True)
    parse(given)
    values |= {canonical_name(name): value for name, value in given.items()}
    if as_json:
        print_json(values)
        return
    print_table(
        ("name", "value", "type", "range", "meaning"),
        [
            (row.name, values[row.name], row.type, row.range, row.description)
            for row in rows()
            if row.name in values
        ],
    )


def _pair(setting: str) -> tuple[str, str]:
    name, separator, value = setting.partition("=")
    if not separator:
        raise UserError(f"{setting!r} is not NAME=VALUE; write for example epochs=10.")
    return name, value
