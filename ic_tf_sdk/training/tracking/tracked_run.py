"""One training as a run of MLflow, from its start to its end."""

import json
import logging
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract import metric_lines, output_files, tracking_place
from ic_tf_sdk.training.tracking import server as tracking_server
from ic_tf_sdk.training.tracking.metric_reader import MetricReader, Value
from ic_tf_sdk.training.tracking.sender import Sender
from ic_tf_sdk.training.tracking.server import Server

__all__ = ["ChildRun", "TrackedRun", "run_name", "tracked"]

logger = logging.getLogger(__name__)

# At the end: for what is left, for each megabyte of the model, and for a server that fails.
_END_SECONDS, _MEGABYTE_SECONDS, _FAILING_SECONDS = 30.0, 1.0, 10.0
_REPORTS = (output_files.REPORT_FILE, "evaluation.json")
# What MLflow's own pages nest runs by.
_PARENT = "mlflow.parentRunId"


class ChildRun(NamedTuple):
    """A run below another one, which is known when it has ended.

    Attributes:
        called: Its name.
        tags: Its tags.
        parameters: Its parameters.
        values: Of its metrics.
        status: ``FINISHED``, ``FAILED`` or ``KILLED``.
        begun: In milliseconds since 1970.
        ended: Likewise.
    """

    called: str
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    values: Sequence[Value]
    status: str
    begun: int
    ended: int


class TrackedRun:
    """A run: what it is told goes to the server when that has time.

    Args:
        job: What tells this training from others, a digest.
        called: Its name; None lets MLflow make one.
        tags: Its tags.
        parameters: Its parameters.
        note: The file that keeps the run's id, so that a resumed training goes on in it; None for
            a training that does not resume.
    """

    def __init__(
        self,
        job: str,
        called: str | None,
        tags: Mapping[str, str],
        parameters: Mapping[str, str],
        note: Path | None = None,
    ) -> None:
        self._sender = Sender(tracking_server.name(), tracking_server.reason)
        self._server: Server | None = None
        self._run: str | None = None
        self._model_bytes = 0
        self._job, self._note = job, note
        self._sender.send("the run", lambda: self._begin(called, tags))
        self._send("the parameters", lambda server, run: server.parameters(run, parameters))

    def _begin(self, called: str | None, tags: Mapping[str, str]) -> None:
        # Loading MLflow takes seconds, too.
        self._server = self._server or Server()
        self._run = self._server.begin(self._earlier(), called, tags)
        if self._note is not None:
            # A disk that is full has its own message elsewhere.
            with suppress(OSError):
                self._note.parent.mkdir(parents=True, exist_ok=True)
                output_files.write_json(self._note, {"run": self._run, "job": self._job})

    def _earlier(self) -> str | None:
        """The run that this training began in, before it was stopped."""
        if self._run is not None or self._note is None:
            return self._run
        try:
            kept = json.loads(self._note.read_bytes())
            return str(kept["run"]) if kept["job"] == self._job else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _send(self, what: str, send: Callable[[Server, str], None]) -> None:
        def of_run() -> None:
            # Where the server has refused the run, it has said so.
            if self._server is not None and self._run is not None:
                send(self._server, self._run)

        self._sender.send(what, of_run)

    def metrics(self, values: list[Value]) -> None:
        """Take up the metrics of a line."""
        self._send("metrics", lambda server, run: server.metrics(run, values))

    def tags(self, values: Mapping[str, str]) -> None:
        """Take up tags."""
        self._send("tags", lambda server, run: server.tags(run, values))

    def parameters(self, values: Mapping[str, str]) -> None:
        """Take up parameters that were not known at the beginning."""
        self._send("the parameters", lambda server, run: server.parameters(run, values))

    def child(self, one: ChildRun) -> None:
        """Take up a run below this one."""
        made: list[str] = []

        def send(server: Server, run: str) -> None:
            tags = {**one.tags, _PARENT: run}
            # What was sent in part goes on in the run that there is.
            known = made[-1] if made else None
            made.append(server.begin(known, one.called, tags, one.begun))
            server.parameters(made[-1], one.parameters)
            if one.values:
                server.metrics(made[-1], one.values)
            server.end(made[-1], one.status, one.ended)

        self._send(one.called, send)

    def reports(self, folder: Path) -> None:
        """Take up the reports that lie in a folder; they stay there until the end."""
        for path in (folder / name for name in _REPORTS):
            if path.is_file():
                self._file(path)

    def _file(self, path: Path) -> None:
        self._send(path.name, lambda server, run: server.file(run, str(path)))

    def model(self, folder: Path, labels: tuple[str, ...], *, binary: bool) -> None:
        """Take up the model whose archive's content lies in a folder."""
        files = (path for path in folder.rglob("*") if path.is_file())
        self._model_bytes = sum(path.stat().st_size for path in files)

        def send(server: Server, run: str) -> None:
            from ic_tf_sdk.training.tracking.model_flavor import ModelFlavor

            server.model(run, ModelFlavor(folder, labels, binary=binary))

        self._send("the model", send)

    def end(self, status: str, asked: Callable[[], bool] = lambda: False) -> None:
        """Say how it ended, and wait as long as that is worth it.

        Args:
            status: ``FINISHED``, ``FAILED`` or ``KILLED``.
            asked: Whether to wait no longer.
        """
        self._send("its end", lambda server, run: server.end(run, status))
        seconds = _END_SECONDS + _MEGABYTE_SECONDS * self._model_bytes / 1e6
        self._sender.finish(seconds, _FAILING_SECONDS, asked)


@contextmanager
def tracked(
    job: str,
    called: str | None,
    tags: Mapping[str, str],
    parameters: Mapping[str, str],
    note: Path,
    asked: Callable[[], bool],
) -> Iterator[TrackedRun | None]:
    """Track what is done within, where the environment names a server.

    Args:
        job: As for ``TrackedRun``, like those that follow.
        called: Its name.
        tags: Its tags.
        parameters: Its parameters.
        note: The file that keeps its id.
        asked: Whether the process was asked to end.

    Yields:
        The run; None where no server is named.
    """
    if not tracking_place.is_named(os.environ):
        yield None
        return
    tags = {**tags, **_versions()}
    run = TrackedRun(job, run_name(called), tags, parameters, note)
    reader = MetricReader(run.metrics)
    metric_lines.logger.addHandler(reader)
    status = "FAILED"
    try:
        yield run
        status = "FINISHED"
    except Exception:
        raise
    except BaseException:
        # It was asked to end.
        status = "KILLED"
        raise
    finally:
        metric_lines.logger.removeHandler(reader)
        run.end(status, asked)


def run_name(called: str | None) -> str | None:
    """What a run is called: what the environment says, or the name that is given."""
    return os.environ.get("MLFLOW_RUN_NAME") or os.environ.get("TRAINING_JOB_NAME") or called


def _versions() -> dict[str, str]:
    tf: Any = __import__("tensorflow")
    versions = {"ic_tf_sdk": __version__, "tensorflow": tf.__version__}
    versions["python"] = platform.python_version()
    return {f"version.{name}": version for name, version in versions.items()}
