"""``ic-tf export-catalog``: the catalogue in JumpStart's format, for the SageMaker SDK."""

from pathlib import Path

import click

from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say

__all__ = ["export_catalog"]


@click.command(
    epilog=examples("export-catalog catalogue/", "export-catalog catalogue/ --source published")
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--source",
    type=click.Choice(["jumpstart", "published"]),
    help="Which content the specs point to. Default: the one that the environment chooses.",
)
@json_option("Print JSON.")
def export_catalog(folder: Path, source: str | None, as_json: bool) -> None:
    """Write the catalogue for the unmodified SageMaker SDK.

    It reads FOLDER as JumpStart's own content. FOLDER must not exist, or be empty.
    """
    from ic_tf_sdk.specs.export import export_catalogue
    from ic_tf_sdk.specs.source import in_force, named

    content = named(source) if source else in_force()
    count = export_catalogue(folder, source=content)
    variables = {
        f"AWS_JUMPSTART_{what}_LOCAL_ROOT_DIR_OVERRIDE": str(folder.resolve())
        for what in ("MANIFEST", "SPECS")
    }
    if as_json:
        print_json({"specs": count, "source": content.name, "environment": variables})
        return
    say(f"{count} specs of the {content.name} content written to {folder}.")
    say("The SageMaker SDK reads them with:")
    for name, value in variables.items():
        say(f"  export {name}={value}")
