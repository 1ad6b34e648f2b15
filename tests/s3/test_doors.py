"""S3 in trouble, through every door: one sentence that says what to do, never a traceback."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk import embedded
from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.launch import LocalEstimator, transform
from tests.s3.troubles import Trouble

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

MODEL_ID = embedded.MODEL_IDS[0]
ROLE = "arn:aws:iam::123456789012:role/training"


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def refused_in_a_sentence(done: Result) -> None:
    """Exit code 1 by a refusal; a traceback would be an exception of another class."""
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code == 1, done.output
    assert "Traceback" not in done.output
    assert "botocore" not in done.output


COMMANDS: dict[str, Callable[[str, Path], tuple[object, ...]]] = {
    "predict a folder": lambda b, tmp: ("predict", MODEL_ID, f"s3://{b}/photos/"),
    "predict an object": lambda b, tmp: ("predict", MODEL_ID, f"s3://{b}/photos/a.jpg"),
    "predict into a file": lambda b, tmp: (
        "predict", MODEL_ID, f"s3://{b}/photos/", "--out", tmp / "rows.csv",
    ),
    "predict with a model": lambda b, tmp: (
        "predict", f"s3://{b}/output/model.tar.gz", tmp / "a.jpg",
    ),
    "serve a model": lambda b, tmp: ("serve", f"s3://{b}/output/model.tar.gz"),
    "export a model": lambda b, tmp: (
        "export", f"s3://{b}/m.tar.gz", "--out", tmp / "m.tflite", "--images", tmp,
    ),
    "compare on images": lambda b, tmp: (
        "export", MODEL_ID, "--out", tmp / "m.tflite", "--images", f"s3://{b}/photos/",
    ),
    "check": lambda b, tmp: (
        "check", MODEL_ID, "--role", ROLE, "--training", f"s3://{b}/d/", "--bucket", b,
    ),
    "publish": lambda b, tmp: ("publish", "--bucket", b),
    "publish, compared only": lambda b, tmp: ("publish", "--bucket", b, "--dry-run"),
    "mirror": lambda b, tmp: ("mirror", MODEL_ID, "--to", f"s3://{b}/models"),
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_it_in_a_sentence(trouble: Trouble, tmp_path: Path, command: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"never read")
    done = ic_tf(*COMMANDS[command](trouble.bucket, tmp_path))
    refused_in_a_sentence(done)
    assert re.search(trouble.said, done.output), done.output
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def launching(bucket: str) -> tuple[str, ...]:
    uris = ("--training", f"s3://{bucket}/d/", "--output", f"s3://{bucket}/o", "--bucket", bucket)
    return ("launch", MODEL_ID, "--role", ROLE, *uris)


def test_launch_sends_no_job_into_trouble(trouble: Trouble) -> None:
    done = ic_tf(*launching(trouble.bucket))
    refused_in_a_sentence(done)
    # Whether the role may read a bucket is SageMaker's question; content can be published.
    others = {
        "denied": "SageMaker did not take the job: .*AccessDenied",
        "bucket": "Nothing is at .*ic-tf publish --bucket",
    }
    assert re.search(others.get(trouble.kind, trouble.said), done.output), done.output


def test_a_dry_run_of_launch_needs_no_s3(trouble: Trouble) -> None:
    done = ic_tf(*launching(trouble.bucket), "--dry-run")
    assert done.exit_code == 0, done.output
    assert '"TrainingJobName"' in done.output


ESTIMATORS: dict[str, Callable[[str, Path, Any], tuple[LocalEstimator, Any]]] = {
    "channel": lambda b, model, data: (LocalEstimator(model_uri=model), f"s3://{b}/data/"),
    "model": lambda b, model, data: (
        LocalEstimator(model_uri=f"s3://{b}/m.tar.gz"), data.training,
    ),
    "output": lambda b, model, data: (
        LocalEstimator(model_uri=model, output_path=f"s3://{b}/output"), data.training,
    ),
}  # fmt: skip


@pytest.mark.parametrize("place", ESTIMATORS)
def test_a_local_estimator_says_it_before_it_trains(
    trouble: Trouble, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, place: str,
) -> None:  # fmt: skip
    if (place, trouble.kind) == ("output", "denied"):
        # Known only by writing: tests/launch/local/test_estimator.py does.
        return
    monkeypatch.chdir(tmp_path)
    estimator, inputs = ESTIMATORS[place](trouble.bucket, tiny_archive, tiny_dataset)
    with pytest.raises(StorageError, match=trouble.said) as refused:
        estimator.fit(inputs, logs=False)
    assert refused.value.kind == trouble.kind
    job = estimator.latest_training_job
    assert job is not None
    assert job.describe()["TrainingJobStatus"] == "Failed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ask", [transform.largest_image_bytes, lambda uri: [*transform.answers(uri)]]
)
def test_the_helpers_of_batch_transform_say_it(trouble: Trouble, ask: Callable[[str], Any]) -> None:
    with pytest.raises(StorageError, match=trouble.said):
        ask(f"s3://{trouble.bucket}/photos/")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "s3://bkt/flowers/", "--output", "out"), "LocalEstimator"),
        (("fit", "flowers", "--validation", "s3://bkt/flowers/", "--output", "o"), "ic-tf launch"),
        (("fit", "flowers", "--output", "s3://bkt/flowers/"), "lies in S3"),
        (("fit", "flowers", "--output", "o", "--model", "s3://bkt/flowers/"), "LocalEstimator"),
        (("check-data", "s3://bkt/flowers/"), "ic-tf check"),
        (("predict", MODEL_ID, "a.jpg", "--out", "s3://bkt/flowers/"), "aws s3 cp"),
        (("predict", "s3://bkt/flowers/", "a.jpg"), "give the URI of a model.tar.gz"),
    ],
)
def test_what_must_lie_here_is_not_taken_for_a_folder_of_that_name(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"never read")
    done = ic_tf(*words)
    refused_in_a_sentence(done)
    assert "s3://bkt/flowers" in done.output
    assert said in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_a_user_without_rights_is_told_which(publisher: Any) -> None:
    """By a server that checks policies, not by a fault that is played."""
    other = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": ["*"]}
    publisher({"Version": "2012-10-17", "Statement": [other]})
    for uri in ("s3://test-policy/photos/", "s3://test-policy/photos/a.jpg"):
        done = ic_tf("predict", MODEL_ID, uri)
        refused_in_a_sentence(done)
        assert "is denied. It takes s3:ListBucket" in done.output


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("AWS_ACCESS_KEY_ID", "InvalidAccessKeyId"),
        ("AWS_SECRET_ACCESS_KEY", "SignatureDoesNotMatch"),
    ],
)
def test_keys_that_aws_does_not_take_are_told(
    publisher: Any, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    other = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}
    publisher({"Version": "2012-10-17", "Statement": [other]})
    monkeypatch.setenv(name, "another")
    for uri in ("s3://test-policy/photos/", "s3://test-policy/photos/a.jpg"):
        done = ic_tf("predict", MODEL_ID, uri)
        refused_in_a_sentence(done)
        assert f"AWS does not accept the credentials ({code})" in done.output
