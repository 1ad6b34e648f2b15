"""``ic-tf describe``: everything known about one model."""

import click

from ic_tf_sdk import specs
from ic_tf_sdk.cli.output import print_json, print_table

__all__ = ["describe"]


@click.command()
@click.argument("model_id")
@click.option("--version", default="*", show_default=True, help="Exact, or a prefix with *.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def describe(model_id: str, version: str, as_json: bool) -> None:
    """Show everything known about MODEL_ID, and where each fact is from."""
    spec = specs.get(model_id, version)
    facts = spec.model_dump(mode="json")
    if as_json:
        print_json(facts)
        return
    provenance = facts.pop("provenance")
    defaults = facts.pop("hyperparameters")
    print_table(("fact", "value"), [(name, _text(value)) for name, value in facts.items()])
    click.echo()
    print_table(("hyperparameter", "default"), list(defaults.items()))
    click.echo()
    print_table(("fact", "where it is from"), list(provenance.items()))


def _text(value: object) -> object:
    return ", ".join(map(str, value)) or None if isinstance(value, list) else value
