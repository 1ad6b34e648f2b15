"""A job that a session of the real SDK v2 makes: its region, its bucket, its checkpoints."""

from importlib import metadata
from typing import Any

import pytest

from ic_tf_sdk.launch.sagemaker.session_job import session_job
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE
from tests.launch.sagemaker.pipeline_options import resolved

if not metadata.version("sagemaker").startswith("2."):
    pytest.skip("needs the SageMaker SDK v2", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

OWN = "s3://my-bucket/checkpoints"


@pytest.fixture(autouse=True)
def _no_telemetry(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from sagemaker.telemetry import telemetry_logging

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)


def session(kind: str, region: str = "us-west-2") -> Any:
    import boto3
    from sagemaker.session import Session
    from sagemaker.workflow.pipeline_context import PipelineSession

    kinds = {"plain": Session, "pipeline": PipelineSession}
    made = kinds[kind](boto_session=boto3.Session(region_name=region), default_bucket=BUCKET)
    made._default_bucket = BUCKET
    return made


def job(session: Any, output_path: str | None = OUTPUT, **options: Any) -> Any:
    return session_job(
        MODEL_ID, session, role=ROLE, output_path=output_path, publish=False, options=options
    )


@pytest.mark.parametrize(
    ("given", "region"), [({}, "eu-central-1"), ({"region": "eu-west-1"}, "eu-west-1")]
)
def test_the_region_is_the_sessions_unless_one_is_named(
    aws: str, given: dict[str, str], region: str
) -> None:
    assert job(session("plain", "eu-central-1"), **given).region == region


def test_the_output_is_in_the_sessions_bucket_unless_it_is_named(aws: str) -> None:
    assert job(session("plain"), None).output_path == f"s3://{BUCKET}/output"
    assert job(session("plain")).output_path == OUTPUT


@pytest.mark.parametrize(
    ("named", "base"),
    [({"base_job_name": "tulips"}, "tulips"), ({}, "imagenet-mobilenet-v2-100-224-classi")],
)
def test_a_spot_job_of_a_pipeline_keeps_its_checkpoints_by_execution(
    aws: str, named: dict[str, str], base: str
) -> None:
    made = resolved(job(session("pipeline"), f"{OUTPUT}/", spot=True, **named).checkpoint_s3_uri)
    output, folder, name, execution = made["Std:Join"]["Values"]
    assert (output, folder) == (OUTPUT, "checkpoints")
    assert name.startswith(f"{base}-2")
    assert execution == {"Get": "Execution.PipelineExecutionId"}


def test_no_other_jobs_checkpoints_are_made_by_execution(aws: str) -> None:
    pipeline, plain = session("pipeline"), session("plain")
    assert job(pipeline).checkpoint_s3_uri is None
    assert job(pipeline, checkpoint_s3_uri=OWN, spot=True).checkpoint_s3_uri == OWN
    assert str(job(plain, spot=True).checkpoint_s3_uri).startswith(f"{OUTPUT}/checkpoints/")
