"""The notebooks of both SDK lines, executed cell by cell against the rehearsal, with pictures.

``nox -s notebooks`` runs them; the kernel of SDK v3 lives in an environment of its own, the Python
of which is IC_TF_SDK_V3_PYTHON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.content.publish import publish
from tests.aws import BUCKET, REGION
from tests.examples.executed import counted, execute, last_lines, pictures, shown
from tests.rehearsal.conftest import MODEL_ID, SDK_CONFIG
from tests.rehearsal.control_plane import ControlPlane

pytestmark = [
    pytest.mark.slow,
    # Up to four jobs each: a minute or two on a machine that does nothing else.
    pytest.mark.timeout(1800),
    # Jupyter's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]

PYTHONS = {"v2": sys.executable, "v3": os.environ.get("IC_TF_SDK_V3_PYTHON", "")}
TELEMETRY_OUT = SDK_CONFIG.replace("    Modules:\n", "    Modules:\n      TelemetryOptOut: true\n")
IMAGENET = tuple(f"tensorflow-ic-efficientnet-lite{size}-classification-2" for size in (0, 1))

both_lines = pytest.mark.parametrize("kernel", ["v2", "v3"], indirect=True)


@pytest.fixture
def kernel(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of the kernel of an SDK line."""
    line = request.param
    if not PYTHONS[line]:
        pytest.skip("needs IC_TF_SDK_V3_PYTHON: nox -s notebooks")
    folder = tmp_path / "jupyter" / "kernels" / line
    folder.mkdir(parents=True)
    words = [PYTHONS[line], "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": words, "display_name": line, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return str(line)


@pytest.fixture
def account(
    sagemaker_service: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ControlPlane:
    """SageMaker, and what a notebook's environment says of it."""
    monkeypatch.setenv("SAGEMAKER_ROLE", "arn:aws:iam::123456789012:role/training")
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    (tmp_path / "sagemaker.yaml").write_text(TELEMETRY_OUT)
    return sagemaker_service


@pytest.fixture
def imagenet(s3: Any, aws: str) -> None:
    """The models of the extra ``imagenet``, published."""
    publish(bucket=BUCKET, model_ids=IMAGENET, region=REGION)


@both_lines
def test_fine_tune_trains_deploys_predicts_and_trains_further(
    kernel: str,
    account: ControlPlane,
    content: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODEL_ID", MODEL_ID)
    notebook = execute(f"fine_tune_sdk_{kernel}", tmp_path, kernel)
    right, total = counted(notebook, 'f"{right} of {len(photos)} right"')
    assert total == 30
    # By the embedded backbone; a guess is right one time in five.
    assert right >= 0.6 * total
    assert len(pictures(notebook)) == 2
    first, further = account.sent("CreateTrainingJob")
    channels = {c["ChannelName"]: uri(c) for c in further["InputDataConfig"]}
    assert channels["training"] == f"s3://{BUCKET}/pictures/more/"
    # The second job goes on with what the first one left.
    assert channels["model"].endswith(f"{first['TrainingJobName']}/output/model.tar.gz")
    check_jobs(account, 2)
    assert {"DeleteModel", "DeleteEndpoint"} <= {name for name, _ in account.requests}


@both_lines
def test_pretrained_deploys_a_classifier_and_names_what_the_photo_shows(
    kernel: str,
    account: ControlPlane,
    imagenet: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", BUCKET)
    notebook = execute(f"pretrained_sdk_{kernel}", tmp_path, kernel)
    assert last_lines(notebook)['answer["predicted_label"]'] == "'military uniform'"
    assert len(pictures(notebook)) == 2
    assert {"DeleteModel", "DeleteEndpoint"} <= {name for name, _ in account.requests}


@both_lines
def test_tune_runs_the_jobs_and_shows_what_they_gave(
    kernel: str, account: ControlPlane, content: dict[str, str], tmp_path: Path
) -> None:
    notebook = execute(f"tune_sdk_{kernel}", tmp_path, kernel)
    check_jobs(account, 4)
    best = last_lines(notebook)["best"].strip("'")
    assert best in account.jobs
    assert best in last_lines(notebook)['described["ModelArtifacts"]["S3ModelArtifacts"]']
    [table] = [data["text/html"] for line, data in shown(notebook) if line.startswith("results[")]
    assert all(name in table for name in account.jobs)
    assert len(pictures(notebook)) == 2


@both_lines
def test_batch_transform_answers_every_picture(
    kernel: str, account: ControlPlane, imagenet: None, tmp_path: Path
) -> None:
    notebook = execute(f"batch_transform_sdk_{kernel}", tmp_path, kernel)
    check_jobs(account, 1)
    [request] = account.sent("CreateTransformJob")
    assert request["TransformInput"]["ContentType"] == "application/x-image"
    right, total = counted(notebook, 'f"{right} of {len(rows)} right"')
    assert total == 60
    assert right >= 0.9 * total
    assert len(pictures(notebook)) == 2


@both_lines
def test_benchmark_compares_three_models(
    kernel: str, account: ControlPlane, imagenet: None, tmp_path: Path
) -> None:
    notebook = execute(f"benchmark_sdk_{kernel}", tmp_path, kernel)
    check_jobs(account, 3)
    lines = last_lines(notebook)
    for name in ("FormulaNet 96", "EfficientNet B0 Lite", "EfficientNet B1 Lite"):
        assert name in lines["table.round(3)"]
    assert lines["list(frontier.index)"].count("'") >= 2
    assert len(pictures(notebook)) == 1


def check_jobs(account: ControlPlane, number: int) -> None:
    """So many training jobs ran, each to its end."""
    jobs = list(account.jobs.values())
    assert [job.succeeded for job in jobs] == [True] * number, jobs[-1].log[-3000:]


def uri(channel: dict[str, Any]) -> str:
    """Where a channel's data is."""
    return str(channel["DataSource"]["S3DataSource"]["S3Uri"])
