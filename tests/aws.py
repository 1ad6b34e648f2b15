"""An AWS on this machine: moto's S3 and STS, and an environment that knows nothing else."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

REGION = "us-west-2"
BUCKET = "rehearsal-bucket"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """Address of an S3 and STS on loopback."""
    from moto.server import ThreadedMotoServer

    # A line for each request would bury a failure's reason.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, and the environment points to it: no SDK call of the test reaches another."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAGEMAKER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    # Its advert for version 3.
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return aws_server


@pytest.fixture(scope="session")
def s3(aws_server: str) -> Any:
    """A client of the loopback S3, with a bucket made."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=aws_server,
        region_name=REGION,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client
