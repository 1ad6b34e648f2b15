"""What tests of jobs and endpoints find at AWS: a control plane that records, and content."""

from collections.abc import Iterator
from typing import Any

import pytest

from ic_tf_sdk import launch
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE
from tests.rehearsal.control_plane import ControlPlane, running


@pytest.fixture
def plane(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    """A SageMaker that records what it is sent."""
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", server.url)
        yield server


@pytest.fixture(scope="session")
def v3_server() -> Iterator[ControlPlane]:
    """One for all tests: SDK v3 keeps the first client that it made, with its address."""
    with running() as made:
        yield made


@pytest.fixture
def v3_plane(
    aws: str, s3: Any, v3_server: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> ControlPlane:
    """What ``plane`` is, for SDK v3."""
    from sagemaker.core.telemetry import telemetry_logging

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    # It asks IAM, which moto does not simulate, what the role may do.
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", v3_server.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", v3_server.url)
    v3_server.requests.clear()
    return v3_server


@pytest.fixture
def content(aws: str, s3: Any) -> Iterator[None]:
    """Something where the bucket's jobs look for script and model; not left for other tests."""
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=OUTPUT, bucket=BUCKET)
    keys = [uri.split("/", 3)[3] for uri in (job.source_uri, str(job.model_uri))]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    yield
    for key in keys:
        s3.delete_object(Bucket=BUCKET, Key=key)
