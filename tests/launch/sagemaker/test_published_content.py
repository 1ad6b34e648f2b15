"""Content that is missing is published first, or the refusal says the command."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.sagemaker import published_content
from tests.aws import REGION
from tests.launch.sagemaker.job_options import MODEL_ID, ROLE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

EMBEDDED = embedded.MODEL_IDS[0]
EMPTY = "launch-empty-bucket"
FILLED = "launch-filled-bucket"


@pytest.fixture(scope="module")
def made(s3: Any) -> None:
    for name in (EMPTY, FILLED):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture
def buckets(aws: str, made: None) -> None:
    """Two buckets, to which the environment points."""


def session(bucket: str) -> Any:
    import sagemaker

    return sagemaker.Session(default_bucket=bucket)


def keys(s3: Any, bucket: str) -> dict[str, Any]:
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"]: item["LastModified"] for item in found}


def test_missing_content_is_refused_with_the_command(buckets: None, s3: Any) -> None:
    with pytest.raises(UserError) as refused:
        launch.estimator(EMBEDDED, role=ROLE, session=session(EMPTY), bucket=EMPTY)
    text = str(refused.value)
    assert f"`ic-tf publish --bucket {EMPTY} {EMBEDDED}`" in text
    assert "publish=True" in text
    assert text.count("s3://") == 2
    assert keys(s3, EMPTY) == {}


def test_of_two_buckets_that_lack_something_the_command_names_that_of_the_script(
    buckets: None,
) -> None:
    model = f"s3://{FILLED}/ic-tf-sdk/gone.tar.gz"
    job = launch.training_job(
        EMBEDDED, role=ROLE, output_path="s3://output/x", bucket=EMPTY, model_uri=model
    )
    with pytest.raises(UserError, match=f"and {model}.*`ic-tf publish --bucket {EMPTY} "):
        published_content.ensure(job, publish=False)


def test_content_goes_to_the_named_bucket_else_where_it_comes_from_else_to_the_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    default = SimpleNamespace(default_bucket=lambda: "default")
    monkeypatch.delenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", raising=False)
    assert published_content.target("named", default) == "named"
    assert published_content.target(None, default) == "default"
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "ours")
    assert published_content.target("named", default) == "named"
    assert published_content.target(None, default) is None


def test_without_credentials_nothing_is_said_to_be_missing(
    buckets: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    job = launch.training_job(EMBEDDED, role=ROLE, output_path="s3://output/x", bucket=EMPTY)
    with pytest.raises(StorageError, match="no usable AWS credentials"):
        published_content.ensure(job, publish=False)


def test_a_bucket_that_does_not_exist_has_nothing(buckets: None) -> None:
    with pytest.raises(UserError, match="ic-tf publish --bucket no-such-bucket-here"):
        launch.estimator(EMBEDDED, role=ROLE, session=session(EMPTY), bucket="no-such-bucket-here")


def test_missing_content_is_published_to_the_sessions_bucket_once(buckets: None, s3: Any) -> None:
    made = launch.estimator(EMBEDDED, role=ROLE, session=session(FILLED), publish=True)
    there = keys(s3, FILLED)
    for uri in (made.source_dir, made.model_uri):
        assert uri.startswith(f"s3://{FILLED}/")
        assert uri.split("/", 3)[3] in there
    again = launch.estimator(EMBEDDED, role=ROLE, session=session(FILLED), publish=True)
    assert again.model_uri == made.model_uri
    assert keys(s3, FILLED) == there
    # What is there now needs no word.
    launch.estimator(EMBEDDED, role=ROLE, session=session(FILLED), bucket=FILLED)


def test_an_earlier_model_that_is_not_there_cannot_be_published(buckets: None, s3: Any) -> None:
    earlier = f"s3://{EMPTY}/output/job/output/model.tar.gz"
    with pytest.raises(UserError, match="give the URI of an object"):
        launch.estimator(
            EMBEDDED, role=ROLE, session=session(EMPTY), bucket=EMPTY, model_uri=earlier,
            publish=True,
        )  # fmt: skip
    assert keys(s3, EMPTY) == {}


@pytest.fixture
def denied(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An S3 that refuses the caller, and what it was asked for."""
    asked: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *arguments: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    server.server_close()


def test_awss_own_content_is_not_asked_for(denied: list[str]) -> None:
    job = launch.training_job(MODEL_ID, role=ROLE, output_path="s3://output/x")
    published_content.ensure(job, publish=False)
    assert denied == []


def test_a_bucket_that_the_caller_may_not_read_is_left_to_the_role(denied: list[str]) -> None:
    job = launch.training_job(EMBEDDED, role=ROLE, output_path="s3://output/x", bucket=EMPTY)
    published_content.ensure(job, publish=False)
    assert len(denied) == 2
    assert all(EMPTY in path for path in denied)
