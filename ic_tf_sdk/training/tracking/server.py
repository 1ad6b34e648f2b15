"""MLflow's client, set up so that it holds nobody up and tells nobody's password."""

import importlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from ic_tf_sdk.contract import tracking_place
from ic_tf_sdk.training.tracking.metric_reader import Value
from ic_tf_sdk.training.tracking.sender import RefusedError

__all__ = ["Server", "name", "reason"]

# MLflow's own defaults wait for a quarter of an hour; what fails is tried again by ``Sender``. It
# would also print the address, with a password that stands in it, and report its use to its makers.
_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_ASK_AGAIN = (408, 429)
_MOST_AT_ONCE = 100
_MOST_METRICS_AT_ONCE = 1000


def name(environ: Mapping[str, str] = os.environ) -> str:
    """What the server is called in a warning: its host, and nothing that may be a secret.

    Example:
        >>> name({"MLFLOW_TRACKING_URI": "https://me:secret@mlflow.example.com/a?token=b"})
        'MLflow at mlflow.example.com'
    """
    try:
        host = urlsplit(environ.get(tracking_place.VARIABLE, "")).hostname
    except ValueError:
        host = None
    return f"MLflow at {host}" if host else "MLflow"


def reason(error: Exception) -> str:
    """A few words on what the client raised; its text may have the address with a password."""
    code = getattr(error, "error_code", None)
    return f"{code}, HTTP {_status(error)}" if code else type(error).__name__


def _status(error: Exception) -> int:
    ask: Callable[[], int] = getattr(error, "get_http_status_code", lambda: 500)
    return ask()


class Server:
    """The server that the environment names.

    Every method raises ``RefusedError`` for what the server will not take, and what the client
    raises where it may take it later.
    """

    def __init__(self) -> None:
        for variable, value in _DEFAULTS.items():
            os.environ.setdefault(variable, value)
        self._mlflow: Any = importlib.import_module("mlflow")
        # Its warnings name addresses.
        logging.getLogger("mlflow").setLevel(logging.CRITICAL)
        self._address = os.environ[tracking_place.VARIABLE]
        self._client: Any = self._mlflow.MlflowClient(self._address)

    def begin(
        self,
        run: str | None,
        called: str | None,
        tags: Mapping[str, str],
        milliseconds: int | None = None,
    ) -> str:
        """A run that takes what follows.

        Args:
            run: The id of one that goes on; None, or one that is no longer there, makes a new one.
            called: Its name, where it is new.
            tags: Its tags.
            milliseconds: When it began, since 1970, where it is new; None is now.

        Returns:
            Its id.
        """
        with _refusals():
            if run is not None and self._goes_on(run):
                self._client.log_batch(run, tags=self._tags(tags))
                return run
            made = self._client.create_run(
                self._experiment(), start_time=milliseconds, tags=dict(tags), run_name=called
            )
            created: str = made.info.run_id
            return created

    def _goes_on(self, run: str) -> bool:
        try:
            if self._client.get_run(run).info.lifecycle_stage != "active":
                return False
            self._client.update_run(run, status="RUNNING")
        except self._mlflow.MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            return False
        return True

    def _experiment(self) -> str:
        """The experiment that MLflow's own variables name, made where it is missing."""
        if chosen := os.environ.get("MLFLOW_EXPERIMENT_ID"):
            return chosen
        wanted = os.environ.get("MLFLOW_EXPERIMENT_NAME")
        if not wanted:
            return "0"
        known = self._client.get_experiment_by_name(wanted)
        made: str = known.experiment_id if known else self._client.create_experiment(wanted)
        return made

    def parameters(self, run: str, values: Mapping[str, str]) -> None:
        """Log parameters; of one that is there with another value, which it keeps, a tag."""
        with _refusals():
            known = self._client.get_run(run).data.params
            fresh = [(one, text) for one, text in values.items() if one not in known]
            for first in range(0, len(fresh), _MOST_AT_ONCE):
                batch = fresh[first : first + _MOST_AT_ONCE]
                params = [self._mlflow.entities.Param(*pair) for pair in batch]
                self._client.log_batch(run, params=params)
            changed = {
                f"resumed.{one}": text
                for one, text in values.items()
                if known.get(one, text) != text
            }
            if changed:
                self._client.log_batch(run, tags=self._tags(changed))

    def tags(self, run: str, values: Mapping[str, str]) -> None:
        """Set tags."""
        with _refusals():
            self._client.log_batch(run, tags=self._tags(values))

    def metrics(self, run: str, values: Sequence[Value]) -> None:
        """Log values of metrics."""
        with _refusals():
            metric = self._mlflow.entities.Metric
            made = [metric(one.name, one.value, one.milliseconds, one.step) for one in values]
            for first in range(0, len(made), _MOST_METRICS_AT_ONCE):
                batch = made[first : first + _MOST_METRICS_AT_ONCE]
                self._client.log_batch(run, metrics=batch)

    def file(self, run: str, path: str) -> None:
        """Upload a file among the run's artifacts."""
        with _refusals():
            self._client.log_artifact(run, path)

    def model(self, run: str, flavor: Any) -> None:
        """Upload a model.

        Args:
            run: The id of the run.
            flavor: What writes it, as ``mlflow.models.Model.log`` asks for one.
        """
        with _refusals():
            # It asks nobody for a client.
            self._mlflow.set_tracking_uri(self._address)
            model: Any = importlib.import_module("mlflow.models")
            model.Model.log(artifact_path=None, name="model", flavor=flavor, run_id=run)

    def end(self, run: str, status: str, milliseconds: int | None = None) -> None:
        """Say how a run ended: ``FINISHED``, ``FAILED`` or ``KILLED``; and when, if not now."""
        with _refusals():
            self._client.set_terminated(run, status=status, end_time=milliseconds)

    def _tags(self, tags: Mapping[str, str]) -> list[Any]:
        return [self._mlflow.entities.RunTag(*pair) for pair in tags.items()]


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the server will refuse again, too, into ``RefusedError``."""
    try:
        yield
    except ImportError as error:
        # What some addresses need, as that of a database.
        raise RefusedError(f"{error.name} is not installed") from None
    except Exception as error:
        status = _status(error)
        if 400 <= status < 500 and status not in _ASK_AGAIN:
            raise RefusedError(reason(error)) from None
        raise
