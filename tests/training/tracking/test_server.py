"""The address of a tracking server may hold a password: nothing that is printed does."""

import logging
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from ic_tf_sdk import extras
from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import MissingExtraError
from ic_tf_sdk.training import plan
from ic_tf_sdk.training.tracking import server

ADDRESS = "https://me:geheim@mlflow.example.com/path?token=geheim#geheim"


@given(st.text())
@example("http://geheim@[::1")
@example("sqlite:///home/geheim.db")
@example("//geheim")
def test_the_name_of_a_server_is_a_host_alone(secret: str) -> None:
    named = server.name({"MLFLOW_TRACKING_URI": f"https://u:{secret}@host/{secret}"})
    assert named in ("MLflow", "MLflow at host") or "@" not in named
    assert server.name({"MLFLOW_TRACKING_URI": ADDRESS}) == "MLflow at mlflow.example.com"
    assert server.name({}) == "MLflow"


def test_a_failure_is_told_by_its_kind_not_by_its_text() -> None:
    class ClientError(Exception):
        error_code = "INTERNAL_ERROR"

        def get_http_status_code(self) -> int:
            return 503

    assert server.reason(ClientError(ADDRESS)) == "INTERNAL_ERROR, HTTP 503"
    assert server.reason(ConnectionError(ADDRESS)) == "ConnectionError"


def test_without_the_package_a_job_refuses_before_it_begins(
    train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", ADDRESS)
    monkeypatch.setattr(plan, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        train(epochs=1)
    assert str(caught.value).startswith(
        "MLflow, which MLFLOW_TRACKING_URI asks for, is not installed. It comes with "
        "ic-tf-sdk[mlflow]: pip install "
    )
    assert "geheim" not in str(caught.value)


def test_without_the_package_fit_says_so_and_leaves_nothing(
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has = extras.has
    monkeypatch.setattr(extras, "has", lambda name: name != "mlflow" and has(name))
    output = tmp_path / "out"
    line = ["fit", str(tiny_dataset.training), "-m", str(tiny_archive), "-o", str(output)]
    done = CliRunner().invoke(main, line, env={"MLFLOW_TRACKING_URI": ADDRESS})
    assert done.exit_code == 1
    assert "MLflow is not installed. It comes with ic-tf-sdk[mlflow]: pip install " in done.output
    assert "geheim" not in done.output
    assert not list(tmp_path.glob("out*"))


def test_the_client_prints_no_address_reports_nothing_to_its_makers_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """MLflow reads these when it is imported; what the user set goes before."""
    quiet = {
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    for variable in (*quiet, "MLFLOW_HTTP_REQUEST_TIMEOUT"):
        # Whatever it is afterwards is put back.
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", ADDRESS)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "7")
    monkeypatch.setattr(logging.getLogger("mlflow"), "level", logging.WARNING)
    found: dict[str, str] = {}

    def client(_: str) -> None:
        found.update(os.environ)

    def imported(name: str) -> SimpleNamespace:
        assert os.environ.items() >= quiet.items()
        return SimpleNamespace(MlflowClient=client, __name__=name)

    monkeypatch.setattr(server.importlib, "import_module", imported)
    server.Server()
    assert found.items() >= {**quiet, "MLFLOW_HTTP_REQUEST_TIMEOUT": "7"}.items()
    # Its warnings name addresses.
    assert not logging.getLogger("mlflow").isEnabledFor(logging.ERROR)
