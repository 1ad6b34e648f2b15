"""``ic-tf cache``: what is kept of earlier trainings, and how to be rid of it."""

import click

from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, print_table, say
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.training.feed import store_place
from ic_tf_sdk.training.feed.feature_store import FeatureStore

__all__ = ["cache"]


@click.command(epilog=examples("cache info", "cache clear"))
@click.argument("action", type=click.Choice(["info", "clear"]))
@json_option("Print the figures as JSON.")
def cache(*, action: str, as_json: bool) -> None:
    """Show or clear the features that trainings share.

    info says where the feature cache lies and how full it is, clear removes what is in it. Both are
    safe while trainings run. IC_TF_SDK_FEATURE_CACHE=off keeps none, IC_TF_SDK_FEATURE_CACHE_GB
    says how large it may become.
    """
    folder = feature_cache.location()
    store = feature_cache.store() or FeatureStore(folder)
    usage = store.usage()
    if action == "clear":
        with file_access.refusals(folder):
            store.clear()
    if as_json:
        print_json({"folder": str(folder), **usage._asdict()})
        return
    if action == "clear":
        say(f"Removed {usage.vectors} vectors, {usage.bytes / 1e6:.1f} MB, from {folder}.")
        return
    rows = [
        ("folder", folder),
        ("vectors", usage.vectors),
        ("MB", f"{usage.bytes / 1e6:.1f}"),
        ("MB at most", f"{usage.most_bytes / 1e6:.0f} ({store_place.SIZE_VARIABLE})"),
    ]
    print_table(("feature cache", ""), rows)
