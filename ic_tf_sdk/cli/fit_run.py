"""The run of ``ic-tf fit``: the job's lines, what came of it, and how it goes on when stopped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from ic_tf_sdk import extras
from ic_tf_sdk.cli import next_steps, quiet_tensorflow
from ic_tf_sdk.cli.output import print_json, print_table, say
from ic_tf_sdk.contract.metric_lines import read_epoch
from ic_tf_sdk.contract.output_files import REPORT_FILE
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.launch.local import earlier_model
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.job import LocalJob
from ic_tf_sdk.launch.local.request import TrainingRequest
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError

__all__ = ["run"]


def run(
    training: TrainingRequest, output: Path, *, fresh: bool, cached: bool, as_json: bool
) -> None:
    """Train, and print the result.

    Args:
        training: What to train.
        output: The folder to create.
        fresh: Whether to start anew where a stopped run could be gone on from.
        cached: Whether to use the feature cache.
        as_json: Whether to print JSON, and no log.

    Raises:
        SystemExit: The run was stopped; 128 and the signal's number.
    """
    try:
        job = _job(training, output, fresh=fresh, cached=cached, quiet=as_json)
    except JobStoppedError as stop:
        _end(stop)
    _report(job, before=_before(training), as_json=as_json)


def _before(training: TrainingRequest) -> float | None:
    """The earlier model's accuracy on the test images, where a model was trained further."""
    test = training.channels.get("test")
    if test is None or not training.model.trained_with:
        return None
    quiet_tensorflow.load()
    return earlier_model.accuracy(training.model.path, test)


def _end(stop: JobStoppedError) -> NoReturn:
    again = " The same command goes on; --fresh starts anew." if stop.kept else ""
    # After SIGHUP there may be no terminal any more.
    with suppress(OSError):
        say(f"{stop}{again}", err=True)
    sys.exit(128 + stop.number)


def _job(
    training: TrainingRequest, output: Path, *, fresh: bool, cached: bool, quiet: bool
) -> LocalJob:
    def job(on_line: Callable[[str], None]) -> LocalJob:
        return local_job.run(training, output=output, on_line=on_line, fresh=fresh, cached=cached)

    if quiet:
        return job(lambda _: None)
    if not sys.stdout.isatty() or not extras.has("rich"):
        return job(say)
    with _progress(int(training.hyperparameters.get("epochs", 1))) as on_line:
        return job(on_line)


@contextmanager
def _progress(epochs: int) -> Iterator[Callable[[str], None]]:
    """A bar of epochs below the job's lines; for terminals only, a log file would be spoilt."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, TimeElapsedColumn(), transient=True)
    progress.start()
    try:
        task = progress.add_task("Preparing", total=epochs)

        def on_line(line: str) -> None:
            epoch = read_epoch(line)
            if epoch is not None:
                progress.update(task, completed=epoch, description="Training")
            # Where the terminal is gone, SIGHUP decides, which may be ignored.
            with suppress(OSError):
                progress.console.print(visible(line), markup=False, highlight=False)

        yield on_line
    finally:
        with suppress(OSError):
            progress.stop()


def _report(job: LocalJob, *, before: float | None, as_json: bool) -> None:
    history = job.history
    best = history.epochs[history.best_epoch]
    paths = {"model": str(job.model_data), "reports": str(job.output_data), "log": str(job.log)}
    if as_json:
        report = {"best_epoch": history.best_epoch + 1, **best, "test": history.test, **paths}
        print_json(report if before is None else {**report, "test_accuracy_before": before})
        return
    shown = {name: value for name, value in best.items() if "top_5" not in name}
    tested = {f"test {name}": v for name, v in history.test.items() if "top_5" not in name}
    rows: list[tuple[str, object]] = [("best epoch", history.best_epoch + 1)]
    rows += [(name.replace("val_", "validation "), f"{v:.4f}") for name, v in shown.items()]
    rows += [(name, f"{value:.4f}") for name, value in tested.items()]
    if before is not None:
        rows.append(("test accuracy before, of the earlier model", f"{before:.4f}"))
    say()
    print_table(("result", ""), rows + list(paths.items()))
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
    say(f"\nThe report, for a browser: {job.output_data / REPORT_FILE}", err=True)
