"""What is found out before a job costs anything, on moto's server."""

import json
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.launch import training_job
from ic_tf_sdk.launch.preflight import Finding, preflight
from tests.aws import REGION

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
# A bucket of its own: what lies here under published keys is no real content.
BUCKET = "preflight-bucket"
ROLE = "arn:aws:iam::123456789012:role/service-role/training"
GOOD = f"s3://{BUCKET}/flight/good/"


@pytest.fixture(scope="module")
def bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture
def data(aws: str, bucket: None, s3: Any) -> None:
    job = training_job(MODEL_ID, role=ROLE, output_path=f"s3://{BUCKET}/x", bucket=BUCKET)
    keys = ["flight/good/a/1.jpg", "flight/good/b/2.PNG", "flight/one/a/1.jpg"]
    keys += ["flight/mixed/a/1.jpg", "flight/mixed/b/notes.txt", "flight/mixed/stray.jpg"]
    keys += ["flight/three/a/1.jpg", "flight/three/b/1.jpg", "flight/three/c/1.jpg"]
    keys += [uri.split("/", 3)[3] for uri in (job.source_uri, job.model_uri)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


def run(training: str = GOOD, **arguments: Any) -> list[Finding]:
    given = {"role": ROLE, "bucket": BUCKET, "today": date(2026, 12, 1), **arguments}
    return preflight(MODEL_ID, channels={"training": training}, **given)


def test_a_good_job_has_no_findings(data: None) -> None:
    assert run() == []


def test_all_problems_come_at_once(data: None) -> None:
    found = run(
        f"s3://{BUCKET}/flight/one",
        role="training-role",
        hyperparameters={"epoch": 3, "learning_rate": 7},
        instance_type="ml.g4nd.xlarge",
    )
    subjects = [finding.subject for finding in found if finding.severity == "error"]
    assert sorted(subjects) == sorted(
        ["role", "hyperparameters", "hyperparameters", "job", "training", "training"]
    )
    texts = " ".join(finding.text for finding in found)
    for said in ("not a role's ARN", "'epoch'", "must end in '/'", "has 1 class folders", "g4dn"):
        assert said in texts


@pytest.mark.parametrize(
    ("folder", "severity", "said"),
    [
        ("mixed/", "warning", "2 files are no .jpg, .jpeg or .png in a class folder"),
        ("mixed/", "error", "has 1 class folders"),
        ("nothing/", "error", "Nothing is below"),
    ],
)
def test_the_listing_is_looked_at(data: None, folder: str, severity: str, said: str) -> None:
    found = run(f"s3://{BUCKET}/flight/{folder}")
    assert [item for item in found if item.severity == severity and said in item.text]


def test_binary_mode_is_held_against_the_number_of_classes(data: None) -> None:
    [found] = run(f"s3://{BUCKET}/flight/three/", hyperparameters={"binary_mode": "True"})
    assert "exactly two classes" in found.text
    assert run(hyperparameters={"binary_mode": "True"}) == []


def test_content_that_was_not_published_names_the_command(data: None, s3: Any) -> None:
    s3.create_bucket(
        Bucket="flight-empty", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    found = run(bucket="flight-empty")
    assert [item.subject for item in found] == ["script", "model"]
    assert all("ic-tf publish" in item.text for item in found)


def test_an_image_past_its_patches_is_a_warning(data: None) -> None:
    [found] = run(today=date(2030, 1, 1))
    assert (found.severity, found.subject) == ("warning", "image")


def test_no_bucket_and_no_uri_are_findings(data: None) -> None:
    assert "cannot be read" in run("s3://no-such-bucket-at-all/x/")[0].text
    assert "not an S3 URI" in run("flowers/")[0].text


def test_an_unknown_model_is_an_error_of_the_call(aws: str) -> None:
    with pytest.raises(UnknownModelError):
        preflight("tensorflow-ic-nothing", role=ROLE, channels={})


def test_the_command_prints_findings_and_fails_on_errors(data: None) -> None:
    words = ["check", MODEL_ID, "--role", ROLE, "--bucket", BUCKET, "--training"]
    good = CliRunner().invoke(main, [*words, GOOD])
    assert (good.exit_code, good.output) == (0, "Nothing speaks against this job.\n")
    bad = CliRunner().invoke(main, [*words, GOOD, "--set", "epochs=0", "--json"])
    assert bad.exit_code == 1
    [finding] = json.loads(bad.output)
    assert finding["subject"] == "hyperparameters"
