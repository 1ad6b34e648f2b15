"""``ic-tf evaluate``: what a model is worth on labelled images, alone or beside another one."""

from pathlib import Path

import click

from ic_tf_sdk.cli import next_steps
from ic_tf_sdk.cli.display import phases_shown
from ic_tf_sdk.cli.download import fetch
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import cache_option, examples, json_option, model_argument
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.contract import file_access
from ic_tf_sdk.contract.output_files import REPORT_FILE
from ic_tf_sdk.inference import quiet_tensorflow
from ic_tf_sdk.launch.local.evaluate import check
from ic_tf_sdk.launch.local.evaluate import evaluate as run
from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation

__all__ = ["evaluate"]

_SHOWN = 20
_FOLDER = LocalPath("Copy it with `aws s3 cp --recursive`; evaluate reads images on this machine.")


@click.command(
    epilog=examples(
        "evaluate out/model.tar.gz new-photos/ --out evaluation/",
        "evaluate second/model.tar.gz test-photos/ --against first/model.tar.gz",
    )
)
@model_argument
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--against",
    metavar="OTHER",
    help="Another model: which answers changed, and whether that may be chance (McNemar's test).",
)
@click.option(
    "--out",
    "-o",
    type=LocalPath("Write it here, then copy it with `aws s3 cp --recursive`."),
    help="Folder to create: report.html, evaluation.json and the tables as CSV.",
)
@cache_option
@json_option("Print the figures as JSON, and no progress.")
def evaluate(
    *,
    model: str,
    models: Path | None,
    download: bool,
    folder: Path,
    against: str | None,
    out: Path | None,
    cached: bool,
    as_json: bool,
) -> None:
    """Measure a model on labelled images, alone or beside another one.

    MODEL is the model.tar.gz of `ic-tf fit` or of a job, here or in S3, or the id of a published
    classifier. DIR has one folder of images per class. On its own test images a model has the
    numbers of its training's report. Classes that the model does not have, and files that do not
    decode, are left out and told.
    """
    if out is not None:
        file_access.require_writable(out)
    check(model, folder, against)
    for one in (model, against) if download else ():
        if one is not None:
            fetch(one, models, "inference")
    with phases_shown(silent=as_json):
        quiet_tensorflow.load()
        found = run(model, folder, against=against, models_folder=models, feature_cache=cached)
    if out is not None:
        found.write(out)
    if as_json:
        print_json({**found.as_dict(), "out": None if out is None else str(out)})
        return
    _print(found)
    if out is not None:
        tell(f"\nThe report, for a browser: {out / REPORT_FILE}")
    else:
        again = ["ic-tf", "evaluate", model, folder, *(("--against", against) if against else ())]
        next_steps.show(("pictures and tables", [*again, "--out", "evaluation"]))


def _print(found: ModelEvaluation) -> None:
    count = len(found.evaluation.folder.files)
    accuracy = f"{found.accuracy:.4f} ± {found.standard_error:.4f} (standard error)"
    rows: list[tuple[str, object]] = [("images", count), ("accuracy", accuracy)]
    rows += [
        (name.replace("_", " "), f"{value:.4f}")
        for name, value in found.metrics.items()
        if name != "accuracy" and "top_5" not in name
    ]
    print_table(("result", ""), rows)
    say()
    scores = [one for one in found.class_scores() if one.images or one.precision is not None]
    scores.sort(key=lambda one: (one.recall is None, one.recall, one.label))
    print_table(
        ("class", "precision", "recall", "F1", "images"),
        [(one.label, *map(_share, one[1:4]), one.images) for one in scores[:_SHOWN]],
    )
    if scores[_SHOWN:]:
        say(f"and {len(scores) - _SHOWN} more classes; --out and --json have all of them")
    for one in found.confusions()[:5]:
        say(f"{one.label} taken for {one.predicted_label}: {one.images} ({one.share:.0%})")
    for sentence in found.images.sentences():
        say(f"Note: {sentence}")
    if found.against is not None:
        _print_against(found)


def _share(value: object) -> str | None:
    return f"{value:.3f}" if isinstance(value, float) else None


def _print_against(found: ModelEvaluation) -> None:
    against = found.against
    assert against is not None
    say()
    shares = {found.model: against.accuracy, against.other: against.other_accuracy}
    rows = [(name, f"{share:.4f}") for name, share in shares.items()]
    print_table(("model", "accuracy on the same images"), rows)
    say(against.sentence)
    for note in against.notes:
        say(f"Note: {note}")
    if against.changes:
        say()
        print_table(
            ("image", "class", "now", "before", "change"),
            [
                (one.file, one.label, one.predicted_label, one.other_label, one.change)
                for one in against.changes[:_SHOWN]
            ],
        )
    if against.changes[_SHOWN:]:
        say(f"and {len(against.changes) - _SHOWN} more; --out and --json have all of them")
