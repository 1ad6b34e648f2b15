"""A job, an endpoint, a transform on an instance that AWS takes away say so, and what to take."""

import json
import re
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import instance_types, launch
from ic_tf_sdk.cli import main
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.sagemaker.transform_request import request
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE

JOB: dict[str, Any] = {"role": ROLE, "output_path": OUTPUT}
OVERRIDDEN = r"ml\.p3\.2xlarge is of a family .*spec names it; ml\.g4dn\.xlarge is taken instead"
GONE = r"ml\.p3\.2xlarge is of a family that AWS takes out of service.*Take ml\.g4dn\.xlarge"


def test_a_default_that_is_retired_is_overridden_and_said() -> None:
    with pytest.warns(UserWarning, match=OVERRIDDEN) as caught:
        job = launch.training_job(MODEL_ID, **JOB)
    assert [warning.filename for warning in caught] == [__file__]
    assert job.instance_type == "ml.g4dn.xlarge"
    assert "-gpu" in job.image_uri
    # What the real spec says is still answered.
    named = instance_types.retrieve_default(
        region="us-west-2", model_id=MODEL_ID, model_version="*", scope="training"
    )
    assert named == "ml.p3.2xlarge"


def test_the_default_of_ones_own_content_says_nothing() -> None:
    job = launch.training_job(MODEL_ID, **JOB, bucket="my-bucket")
    assert job.instance_type == "ml.g4dn.xlarge"


def test_a_retired_type_that_was_asked_for_stays_with_its_warning() -> None:
    for bucket in (None, "my-bucket"):
        with pytest.warns(UserWarning, match=GONE) as caught:
            job = launch.training_job(MODEL_ID, **JOB, instance_type="ml.p3.2xlarge", bucket=bucket)
        assert [warning.filename for warning in caught] == [__file__]
        assert job.instance_type == "ml.p3.2xlarge"


# As a shell has it: here a warning would be an error.
@pytest.mark.filterwarnings("default::UserWarning")
def test_the_dry_run_says_it_beside_the_request() -> None:
    words = ["launch", MODEL_ID, "--role", ROLE, "--training", "s3://b-b/f/", "--output", OUTPUT]
    done = CliRunner().invoke(main, [*words, "--dry-run"])
    assert re.match(f"Warning: {OVERRIDDEN}", done.stderr)
    sent = json.loads(done.stdout)
    assert sent["ResourceConfig"]["InstanceType"] == "ml.g4dn.xlarge"


def test_check_lists_it_as_a_warning(aws: str, s3: Any) -> None:
    for options, text in (({}, "is taken instead"), ({"instance_type": "ml.p2.xlarge"}, "Take")):
        findings = launch.preflight(
            MODEL_ID, role=ROLE, channels={}, today=date(2026, 11, 1), **options
        )
        [found] = [f for f in findings if "takes out of service" in f.text]
        assert found.severity == "warning"
        assert text in found.text
        assert "ml.g4dn.xlarge" in found.text


def test_an_endpoint_and_a_transform_are_warned_too() -> None:
    with pytest.warns(UserWarning, match=GONE):
        serving_image(MODEL_ID, "*", "us-west-2", "ml.p3.2xlarge")
    with pytest.warns(UserWarning, match=GONE):
        request(
            job_name="x",
            model_name="x",
            images="s3://b-b/i/",
            output="s3://b-b/o/",
            largest_image_bytes=1,
            instance_type="ml.p3.2xlarge",
        )
