"""``ic-tf sample-data``: draw a labelled set of pictures."""

from pathlib import Path

import click

from ic_tf_sdk.cli import next_steps
from ic_tf_sdk.cli.options import examples, json_option
from ic_tf_sdk.cli.output import print_json, say
from ic_tf_sdk.sample_data import LABELS, draw

__all__ = ["sample_data"]


@click.command(
    "sample-data",
    epilog=examples("sample-data pictures/ --split", "sample-data few/ --images-per-class 10"),
)
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--images-per-class",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Pictures of each class; with --split, of each class of the training set.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=123, show_default=True, help="Decides everything."
)
@click.option(
    "--split",
    is_flag=True,
    help="Write training/, and half as many pictures each to more/ and test/.",
)
@json_option("Print JSON.")
def sample_data(
    directory: Path, images_per_class: int, seed: int, *, split: bool, as_json: bool
) -> None:
    """Draw a labelled set of pictures to try things on.

    DIRECTORY must not exist, or hold these very pictures. Five classes, told apart by outline and,
    most of the time, by the pattern inside it; colour, size, background and clutter are chance.
    JPEG and PNG files, 120 to 240 pixels a side.
    """
    drawn = draw(directory=directory, images_per_class=images_per_class, seed=seed, split=split)
    training = directory / "training" if split else directory
    if as_json:
        print_json({"pictures": drawn, "labels": LABELS, "training": str(training)})
        return
    say(f"{drawn} pictures of {len(LABELS)} classes in {directory}")
    test = ["--test", directory / "test"] if split else []
    next_steps.show(("fine-tune a model on them", ["ic-tf", "fit", training, *test]))
