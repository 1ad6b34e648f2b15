"""``ic-tf hyperparameters``: a model's defaults, or whether yours are valid."""

import warnings

import click

from ic_tf_sdk.cli import completion
from ic_tf_sdk.cli.options import examples, json_option, settings_argument, version_option
from ic_tf_sdk.cli.output import print_json, print_table, say

__all__ = ["hyperparameters"]


@click.command(
    epilog=examples(
        "hyperparameters tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
        "hyperparameters tensorflow-ic-embedded-formulanet-96 epochs=10 optimizer=adam --json",
    )
)
@click.argument("model_id", shell_complete=completion.model_ids)
@settings_argument
@version_option
@json_option("Print JSON.")
def hyperparameters(model_id: str, settings: dict[str, str], version: str, as_json: bool) -> None:
    """Show a model's default hyperparameters, or check yours.

    With NAME=VALUE, for example epochs=10, the values are checked, all problems are reported at
    once, and the table shows them in place of the defaults.
    """
    from ic_tf_sdk.hyperparameters import retrieve_default
    from ic_tf_sdk.specs.hyperparameter_table import rows
    from ic_tf_sdk.specs.hyperparameters import canonical_name, parse

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        values = retrieve_default(model_id=model_id, model_version=version)
    for warning in caught:
        say(f"Warning: {warning.message}", err=True)
    parse(settings)
    values |= {canonical_name(name): value for name, value in settings.items()}
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
