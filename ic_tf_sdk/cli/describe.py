"""``ic-tf describe``: everything known about one model."""

from typing import TYPE_CHECKING

import click

from ic_tf_sdk.cli import completion
from ic_tf_sdk.cli.models import print_models
from ic_tf_sdk.cli.options import examples, json_option, version_option
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.enums import SCOPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["describe"]


@click.command(
    epilog=examples(
        "describe mobilenet_v2_100_224",
        "describe tensorflow-ic-embedded-formulanet-96 --json",
    )
)
@click.argument("model_id", metavar="MODEL", shell_complete=completion.model_ids)
@version_option
@json_option("Print JSON.")
def describe(model_id: str, version: str, as_json: bool) -> None:
    """Show everything known about one model.

    MODEL is an id, or a name in any spelling, such as mobilenet_v2_100_224. The facts, default
    hyperparameters and URIs of the model are shown, and where each fact is from. Where a name fits
    several models, as mobilenet_v2 does, they are listed.
    """
    from ic_tf_sdk import specs
    from ic_tf_sdk.specs import catalogue

    several = catalogue.fitting(model_id)
    if len(several) > 1 and catalogue.only_fit(model_id) is None:
        _list(model_id, [specs.get(one, version) for one in several], as_json=as_json)
        return
    card = specs.describe(model_id, version)
    if card.spec.model_id != model_id:
        tell(f"Taking {card.spec.model_id} for {model_id!r}.")
    uris = _uris(card.spec)
    if as_json:
        print_json(card.spec.to_json() | {"uris": uris})
        return
    say(card.spec.display_name)
    say()
    print_table(("fact", "value"), [(label, value) for label, value, _ in card.facts()])
    say()
    print_table(("hyperparameter", "default"), list(card.spec.hyperparameters.items()))
    say()
    if uris:
        print_table(("artifact", "uri"), list(uris.items()))
        say()
    print_table(("fact", "where it is from"), list(card.spec.provenance.items()))


def _list(name: str, records: "Sequence[ModelSpec]", *, as_json: bool) -> None:
    if as_json:
        print_json([spec.to_json() for spec in records])
        return
    say(f"{len(records)} models fit {name!r}; describe one of them:\n")
    print_models(records)


def _uris(spec: "ModelSpec") -> dict[str, str]:
    """Where the content source in force has the model; empty where it has not."""
    from ic_tf_sdk import model_uris, script_uris
    from ic_tf_sdk.errors import EmbeddedModelError

    model_id, uris = spec.alias_of or spec.model_id, {}
    try:
        for scope in SCOPES:
            uris[f"{scope} model"] = model_uris.retrieve(
                model_id=model_id, model_version=spec.version, model_scope=scope
            )
            uris[f"{scope} script"] = script_uris.retrieve(
                model_id=model_id, model_version=spec.version, script_scope=scope
            )
    except EmbeddedModelError:
        return {}
    return uris
