"""``ic-tf check-data``: what training would make of a folder of images, before it is paid for."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli import label_run, next_steps
from ic_tf_sdk.cli.local_path import LocalPath, beside
from ic_tf_sdk.cli.options import (
    examples,
    folder_channel_options,
    json_option,
    models_option,
)
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.cli.progress import load_tensorflow, progress
from ic_tf_sdk.contract import class_counts, phases
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.install_line import adding
from ic_tf_sdk.launch.local import suspects
from ic_tf_sdk.launch.local.label_check import LabelCheck
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
    epilog=examples("check-data flowers/ --test photos/ --labels", "check-data flowers/ --json"),
)
@click.argument("training", type=_FOLDER)
@folder_channel_options(
    _FOLDER, validation="The validation channel's folder.", test="The test channel's folder."
)
@click.option(
    "--quick", is_flag=True, help="Read headers only; do not decode every image (needs [train])."
)
@click.option(
    "--labels",
    is_flag=True,
    help="Look for wrong labels, near duplicates and images in two channels, too (needs [labels]): "
    "a table and a page with the pictures. Nothing is removed.",
)
@click.option(
    "--model",
    "-m",
    type=LocalPath("Copy it with `aws s3 cp`.", path_type=str),
    help="With --labels: model id or archive whose network looks at the images. Default: as fit's.",
)
@models_option
@click.option(
    "--output",
    "-o",
    type=_FOLDER,
    help="With --labels: folder to create. Default: TRAINING-suspects, beside it.",
)
@json_option("Print the report as JSON.")
def check_data(
    *,
    training: Path,
    validation: Path | None,
    test: Path | None,
    quick: bool,
    labels: bool,
    model: str | None,
    models: Path | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Check a folder of images before training on it.

    TRAINING has one folder of images per class. Reports the classes, unreadable files, unusual
    kinds, uneven classes and duplicates. The exit code is 1 if training would refuse a file, or the
    classes as they are; what --labels lists is no reason.
    """
    target = output or beside(training, "suspects")
    if labels:
        label_run.check(target, quick=quick)
    elif lone := [f"--{name}" for name, given in (("model", model), ("output", output)) if given]:
        raise UserError(f"{' and '.join(lone)}: only what --labels does takes it; add --labels.")
    found = None
    with progress(tell, silent=as_json) as listener, phases.heard_by(listener.on_phase):
        backbone = label_run.source(model, models) if labels else None
        # Of a large folder on a slow disk the names alone take long.
        folders, problems = _look(training, validation, test)
        decode = bool(folders) and not quick and extras.has("tensorflow")
        if decode:
            load_tensorflow(listener)
        reports = {name: _report(folder, decode=decode) for name, folder in folders.items()}
        problems += _problems(folders, reports)
        if backbone is not None and not problems:
            usable = {name: _usable(folder, reports[name]) for name, folder in folders.items()}
            found = label_run.run(usable, backbone, target, listener)
        with phases.phase("copies"):
            groups = duplicates.duplicates(folders)
    checked = _Checked(reports, groups, problems, found, target, decode)
    if as_json:
        print_json(checked.as_json())
    else:
        _print(checked, quick=quick)
    if checked.refused():
        sys.exit(1)
    if not as_json:
        _show_next(checked, training, ("--validation", validation), ("--test", test))


class _Checked(NamedTuple):
    """All that was found."""

    reports: dict[str, ChannelReport]
    groups: list[list[duplicates.Place]]
    problems: list[str]
    labels: LabelCheck | None
    output: Path
    decoded: bool

    def refused(self) -> bool:
        """Whether training refuses a file, or the classes."""
        return bool(self.problems) or any(one.refused for one in self.reports.values())

    def as_json(self) -> dict[str, Any]:
        channels = {name: asdict(one) for name, one in self.reports.items()}
        report: dict[str, Any] = {"channels": channels, "duplicates": self.groups}
        report |= {"problems": self.problems, "decoded": self.decoded}
        if self.labels is not None:
            report["labels"] = label_run.report(self.labels, self.output)
        return report


def _show_next(checked: _Checked, training: Path, *options: tuple[str, Path | None]) -> None:
    words: list[object] = ["ic-tf", "fit", training]
    words += [word for option, path in options if path for word in (option, path)]
    what = "train on it"
    if checked.labels is not None and checked.labels.suspects:
        what = f"train without them, once {suspects.FILE_NAME} lists none that is right"
        words += ["--exclude", checked.output / suspects.FILE_NAME]
    next_steps.show((what, words))


def _usable(folder: ImageFolder, report: ChannelReport) -> ImageFolder:
    rows = [row for row, file in enumerate(folder.files) if file not in report.refused]
    return folder.subset(rows)


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
    with phases.phase("reading", total=len(folder.files)) as advance:
        headers = image_scan.scan(folder, advance=advance)
    bad = image_scan.unreadable(headers)
    if decode:
        from ic_tf_sdk.training.data.decode_check import decode_check

        rows = [row for row in range(len(headers)) if row not in bad]
        with phases.phase("decoding", total=len(rows)) as advance:
            bad |= decode_check(folder, rows, advance=advance)
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


def _print(checked: _Checked, *, quick: bool) -> None:
    reports, groups = checked.reports, checked.groups
    if "training" in reports:
        _print_reports(reports, groups)
    for problem in checked.problems:
        say(f"\nTraining refuses this: {problem}")
    if reports and not checked.decoded:
        say("\nOnly headers were read: a damaged image may have passed.")
    if reports and not checked.decoded and not quick:
        say(f"To have every image decoded: {adding('train')}")
    if checked.labels is not None:
        label_run.show(checked.labels, checked.output)


def _print_reports(reports: dict[str, ChannelReport], groups: list[list[duplicates.Place]]) -> None:
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
