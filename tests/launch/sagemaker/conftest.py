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
