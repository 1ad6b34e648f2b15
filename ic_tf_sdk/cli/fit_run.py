"""The run of ``ic-tf fit``: the job's lines, what came of it, and how it goes on when stopped."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ic_tf_sdk.cli import failure, next_steps
from ic_tf_sdk.cli.output import is_quiet, print_json, print_table, say, tell
from ic_tf_sdk.cli.progress import load_tensorflow, progress
from ic_tf_sdk.contract.output_files import REPORT_FILE
from ic_tf_sdk.launch.local import earlier_model
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

__all__ = ["run"]


def run(
    training: TrainingRequest,
    output: Path,
    *,
    fresh: bool,
    as_json: bool,
    beside: Mapping[str, Any] | None = None,
) -> None:
    """Train, and print the result.

    Args:
        training: What to train.
        output: The folder to create.
        fresh: Whether to start anew where a stopped run could be gone on from.
        as_json: Whether to print JSON, and no log.
        beside: Further fields of that JSON: what a command found before.

    Raises:
        SystemExit: The run was stopped; 128 and the signal's number.
    """
    try:
        with progress(silent=as_json) as listener:
            job = local_job.run(training, output=output, listener=listener, fresh=fresh)
            before = _before(training, listener)
    except JobStoppedError as stop:
        _end(stop)
    if as_json:
        print_json({**(beside or {}), **_fields(job, before), **_recorded(training)})
    else:
        _show(job, before)
        _say_recorded(training)


def _before(training: TrainingRequest, listener: Listener) -> float | None:
    """The earlier model's accuracy on the test images, where a model was trained further."""
    test = training.channels.get("test")
    if test is None or not training.model.is_fine_tuned:
        return None
    load_tensorflow(listener)
    left_out = (training.exclude or {}).get("test", ())
    return earlier_model.accuracy(
        training.model.path, test, left_out=left_out, say=listener.on_phase
    )


def _recorded(training: TrainingRequest) -> dict[str, Any]:
    """What the earlier model's archive says of it, where old images are rehearsed without a test.

    Measured again it would flatter: of the old images many were trained on.
    """
    evaluation = training.model.evaluation
    if training.rehearse is None or "test" in training.channels or evaluation is None:
        return {}
    return {"recorded_before": evaluation.model_dump()}


def _say_recorded(training: TrainingRequest) -> None:
    if recorded := _recorded(training).get("recorded_before"):
        say(
            f"Before, of the earlier model: {recorded['accuracy']:.4f} of {recorded['images']} "
            f"{recorded['channel']} images, as its archive records. --test with images that "
            "neither training has seen measures both models on the same."
        )


def _end(stop: JobStoppedError) -> NoReturn:
    again = " The same command goes on; --fresh starts anew." if stop.kept else ""
    # After SIGHUP there may be no terminal any more.
    with suppress(OSError):
        say(f"{stop}{again}", err=True)
        failure.report_json("JobStoppedError", f"{stop}{again}", 128 + stop.number)
    sys.exit(128 + stop.number)


def _paths(job: LocalJob) -> dict[str, str]:
    return {"model": str(job.model_data), "reports": str(job.output_data), "log": str(job.log)}


def _fields(job: LocalJob, before: float | None) -> dict[str, Any]:
    history = job.history
    best = history.epochs[history.best_epoch]
    report = {"best_epoch": history.best_epoch + 1, **best, "test": history.test, **_paths(job)}
    return report if before is None else {**report, "test_accuracy_before": before}


def _show(job: LocalJob, before: float | None) -> None:
    history = job.history
    best = history.epochs[history.best_epoch]
    shown = {name: value for name, value in best.items() if "top_5" not in name}
    tested = {f"test {name}": v for name, v in history.test.items() if "top_5" not in name}
    rows: list[tuple[str, object]] = [("best epoch", history.best_epoch + 1)]
    rows += [(name.replace("val_", "validation "), f"{v:.4f}") for name, v in shown.items()]
    rows += [(name, f"{value:.4f}") for name, value in tested.items()]
    if before is not None:
        rows.append(("test accuracy before, of the earlier model", f"{before:.4f}"))
    if not is_quiet():
        say()
    print_table(("result", ""), rows + list(_paths(job).items()))
    _show_next(job)


def _show_next(job: LocalJob) -> None:
    model = job.model_data
    again = model.parent.with_name(f"{model.parent.name}-further")
    next_steps.show(
        ("classify pictures", ["ic-tf", "predict", model, "PHOTO.jpg"]),
        ("an endpoint, with a page to try it on", ["ic-tf", "serve", model]),
        (
            "for a phone or a small computer",
            ["ic-tf", "export", model, "--out", "model.tflite", "--images", "PHOTOS/"],
        ),
        ("train it further", ["ic-tf", "fit", "MORE/", "--model", model, "--output", again]),
    )
    tell(f"\nThe report, for a browser: {job.output_data / REPORT_FILE}")
