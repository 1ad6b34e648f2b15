"""``ic-tf check-data``: what training would make of a folder of images, before it is paid for."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli import next_steps, quiet_tensorflow
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, folder_channel_options, json_option
from ic_tf_sdk.cli.output import print_json, print_table, say
from ic_tf_sdk.contract import class_counts
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.install_line import adding
from ic_tf_sdk.training.data import channel_report, duplicates, image_folder, image_scan
from ic_tf_sdk.training.data.channel_report import ChannelReport
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["check_data"]

_FOLDER = LocalPath(
    "Copy it with `aws s3 cp --recursive`; `ic-tf check` looks at a SageMaker job's data in S3 by "
    "name."
)


@click.command(
    "check-data",
    epilog=examples("check-data flowers/ --test photos/", "check-data flowers/ --quick --json"),
)
@click.argument("training", type=_FOLDER)
@folder_channel_options(
    _FOLDER, validation="The validation channel's folder.", test="The test channel's folder."
)
@click.option(
    "--quick", is_flag=True, help="Read headers only; do not decode every image (needs [train])."
)
@json_option("Print the report as JSON.")
def check_data(
    *, training: Path, validation: Path | None, test: Path | None, quick: bool, as_json: bool
) -> None:
    """Check a folder of images before training on it.

    TRAINING has one folder of images per class. Reports the classes, unreadable files, unusual
    kinds, uneven classes and duplicates. The exit code is 1 if training would refuse a file, or the
    classes as they are.
    """
    folders, problems = _look(training, validation, test)
    decode = bool(folders) and not quick and extras.has("tensorflow")
    if decode:
        quiet_tensorflow.load()
    reports = {name: _report(folder, decode=decode) for name, folder in folders.items()}
    groups = duplicates.duplicates(folders)
    problems += _problems(folders, reports)
    if as_json:
        channels = {name: asdict(one) for name, one in reports.items()}
        report = {"channels": channels, "duplicates": groups, "problems": problems}
        print_json({**report, "decoded": decode})
    else:
        _print(reports, groups)
        for problem in problems:
            say(f"\nTraining refuses this: {problem}")
        if folders and not decode:
            say("\nOnly headers were read: a damaged image may have passed.")
        if folders and not decode and not quick:
            say(f"To have every image decoded: {adding('train')}")
    if problems or any(one.refused for one in reports.values()):
        sys.exit(1)
    if not as_json:
        options = (("--validation", validation), ("--test", test))
        others = [word for option, path in options if path for word in (option, path)]
        next_steps.show(("train on it", ["ic-tf", "fit", training, *others]))


def _look(
    training: Path, validation: Path | None, test: Path | None
) -> tuple[dict[str, ImageFolder], list[str]]:
    """Every channel that has images of classes, and what training refuses of all of them."""
    folders: dict[str, ImageFolder] = {}
    problems: list[str] = []
    paths = {"training": training, "validation": validation, "test": test}
    for name, path in paths.items():
        if path is not None:
            known = folders["training"].labels if "training" in folders else None
            folder, reasons = image_folder.look(path, labels=known)
            problems += reasons
            # Without classes of training, nothing can be said of those of another channel.
            if folder is not None and folder.files and (name == "training" or known):
                folders[name] = folder
    return folders, problems


def _report(folder: ImageFolder, *, decode: bool) -> ChannelReport:
    headers = image_scan.scan(folder)
    bad = image_scan.unreadable(headers)
    if decode:
        from ic_tf_sdk.training.data.decode_check import decode_check

        bad |= decode_check(folder, [row for row in range(len(headers)) if row not in bad])
    return channel_report.report(folder, headers, bad)


def _problems(folders: dict[str, ImageFolder], reports: dict[str, ChannelReport]) -> list[str]:
    """What training refuses of the images that are left once the refused ones are left out."""
    problems = []
    for name, folder in folders.items():
        # Of a class without a file the names have told.
        named = [folder.labels[index] for index in sorted(set(folder.classes))]
        counts = {label: reports[name].counts[label] for label in named}
        place = str(folder.root)
        if name == "training" and "validation" not in folders:
            problems.append(class_counts.unsplittable(counts, place))
        else:
            problems.append(class_counts.used_up(counts, place, each=name == "training"))
    return [problem for problem in problems if problem is not None]


def _print(reports: dict[str, ChannelReport], groups: list[list[duplicates.Place]]) -> None:
    if "training" not in reports:
        return
    labels = list(reports["training"].counts)
    rows = [[label, *(one.counts[label] for one in reports.values())] for label in labels]
    rows.append(["(all)", *(sum(one.counts.values()) for one in reports.values())])
    print_table(["class", *reports], rows)
    for name, one in reports.items():
        _print_channel(name, one)
    if groups:
        copies = sum(len(places) - 1 for places in groups)
        repeat = "1 file repeats" if copies == 1 else f"{copies} files repeat"
        say(f"\nDuplicates: {repeat} the bytes of another.")
    for sentence in duplicates.warnings(groups):
        say(f"Warning: {sentence}")


def _print_channel(name: str, one: ChannelReport) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in {**one.kinds, **one.notes}.items())
    say(f"\n{name}: {kinds or 'no usable image'}")
    say(f"  width {one.widths[0]} to {one.widths[1]}, height {one.heights[0]} to {one.heights[1]}")
    for sentence in one.warnings():
        say(f"  Warning: {sentence}")
    if one.unserved:
        say(f"  {len(one.unserved)} can be trained on, but not predicted:")
    for file, reason in one.unserved.items():
        say(f"    {visible(file)}: {reason}")
    if one.refused:
        say(f"  {len(one.refused)} cannot be used (on_bad_image 'skip' leaves them out):")
    for file, reason in one.refused.items():
        say(f"    {visible(file)}: {reason}")
