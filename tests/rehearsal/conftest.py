"""The rehearsal's stage: S3, the control plane, and the containers, all on this machine."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.content import script_archive
from tests.aws import BUCKET, REGION
from tests.rehearsal import container, control_plane, job_metrics, serving, transform_jobs
from tests.rehearsal.container import Container, Job
from tests.rehearsal.control_plane import ControlPlane

MODEL_ID = embedded.MODEL_IDS[0]

# What AWS's images list beside TensorFlow, as far as a job of ours meets it.
IMAGES = {
    "2.19": ("tensorflow==2.19.1", "pydantic>=2.10", "sagemaker-training==5.1.4"),
    "2.21": ("tensorflow==2.21.0", "pydantic>=2.10", "sagemaker-training==5.1.4"),
}
# The container's own main around the toolkit. Its requirements pin a toolkit of 2023, which AWS's
# images do not install either.
FRAMEWORK = "sagemaker-tensorflow-training==20.5.0"
ROOT = Path(__file__).parents[2]

SDK_CONFIG = f"""\
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      Session:
        DefaultS3Bucket: {BUCKET}
"""


@pytest.fixture(scope="session")
def image(aws_server: str, s3: Any) -> Iterator[Callable[[str], Container]]:
    """A function from a TensorFlow version to its container; skips where none can be run."""
    there_before = container.ML.exists()
    reason = container.usable()
    if reason:
        pytest.skip(reason)
    yield lambda version: Container(_environment(version), s3, aws_server)
    if not there_before:
        container.ML.rmdir()


def _environment(version: str) -> Path:
    """The image's packages in a virtual environment, kept between runs."""
    folder = ROOT / ".cache" / "environments" / f"tensorflow-{version}"
    done = folder / ".complete"
    wanted = repr((IMAGES[version], FRAMEWORK))
    if done.is_file() and done.read_text() == wanted:
        return folder
    uv = [sys.executable, "-m", "uv"]
    install = [*uv, "pip", "install", "--quiet", "--compile-bytecode"]
    install += ["--python", str(folder / "bin" / "python")]
    try:
        subprocess.run([*uv, "venv", "--clear", "--quiet", str(folder)], check=True)
        subprocess.run([*install, *IMAGES[version]], check=True)
        subprocess.run([*install, "--no-deps", FRAMEWORK], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the container's packages for TensorFlow {version} cannot be had: {error}")
    done.write_text(wanted)
    return folder


@pytest.fixture
def sagemaker_service(
    aws: str,
    s3: Any,
    image: Callable[[str], Container],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ControlPlane]:
    """SageMaker on loopback, to which the environment points: jobs run the real toolkit."""
    container = image("2.21")
    # Otherwise the SDK asks STS for the account, at an address that cannot be changed.
    config = tmp_path / "sagemaker.yaml"
    config.write_text(SDK_CONFIG)
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(config))

    cloudwatch = boto3.client("cloudwatch", region_name=REGION)

    def run(request: dict[str, Any]) -> Job:
        job = container.run(request, tmp_path / "jobs" / request["TrainingJobName"])
        job_metrics.put(job, cloudwatch)
        return job

    with ExitStack() as running:

        def serve(model: dict[str, Any]) -> Any:
            return serving.serve(model, s3, tmp_path / "endpoints" / model["ModelName"], running)

        def transform(model: dict[str, Any], request: dict[str, Any]) -> str:
            with ExitStack() as servers:
                root = tmp_path / "transforms" / request["TransformJobName"]
                invoke = serving.serve(model, s3, root, servers)
                return transform_jobs.run(request, invoke, s3)

        plane = running.enter_context(control_plane.running(run, serve, transform))
        for service in ("SAGEMAKER", "SAGEMAKER_RUNTIME", "CLOUDWATCH_LOGS"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", plane.url)
        yield plane
    assert plane.problems == []


@pytest.fixture(scope="session")
def uploads(s3: Any, tmp_path_factory: pytest.TempPathFactory, tiny_dataset: Any) -> dict[str, str]:
    """URIs of what a job needs, uploaded: ``script``, ``model`` and ``training`` data."""
    script = script_archive.build("training", tmp_path_factory.mktemp("script"))
    model = embedded.archive_path(MODEL_ID)
    s3.upload_file(str(script), BUCKET, "training/sourcedir.tar.gz")
    s3.upload_file(str(model), BUCKET, f"models/{model.name}")
    for path in sorted(tiny_dataset.training.rglob("*.*")):
        name = path.relative_to(tiny_dataset.training).as_posix()
        s3.upload_file(str(path), BUCKET, f"pictures/{name}")
    return {
        "script": f"s3://{BUCKET}/training/sourcedir.tar.gz",
        "model": f"s3://{BUCKET}/models/{model.name}",
        "training": f"s3://{BUCKET}/pictures/",
    }


@pytest.fixture
def content(uploads: dict[str, str], s3: Any) -> dict[str, str]:
    """The script and the model under the keys to which the helpers point."""
    role = "arn:aws:iam::123456789012:role/training"
    output = f"s3://{BUCKET}/o"
    job = launch.training_job(MODEL_ID, role=role, output_path=output, bucket=BUCKET)
    for uploaded, wanted in (
        (uploads["script"], job.source_uri),
        (uploads["model"], job.model_uri),
    ):
        source = {"Bucket": BUCKET, "Key": uploaded.split("/", 3)[3]}
        s3.copy_object(Bucket=BUCKET, Key=wanted.split("/", 3)[3], CopySource=source)
    return uploads
