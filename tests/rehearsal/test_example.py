"""The notebook's example from fit to prediction: the real SDK, toolkit, script and handler."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.content.publish import publish
from tests.aws import BUCKET
from tests.conftest import SHARED
from tests.rehearsal.control_plane import ControlPlane

EXAMPLE = Path(__file__).parents[2] / "examples" / "fine_tune_on_sagemaker.py"
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
PHOTOS_PER_CLASS = 16


@pytest.fixture(scope="module")
def material(
    tmp_path_factory: pytest.TempPathFactory, tiny_dataset: SimpleNamespace
) -> SimpleNamespace:
    """Real photos and MobileNetV2 1.0, or drawn pictures and the embedded model without them."""
    models = tmp_path_factory.mktemp("models")
    if (SHARED / "flowers").is_dir():
        weights = SHARED / "weights" / "mobilenet_v2_100_224"
        [done] = mirror(model_ids=[MOBILENET], to=models, scopes=["training"], source=weights)
        assert not done.problem
        return SimpleNamespace(models=models, model_id=MOBILENET, root=SHARED / "flowers")
    root = tiny_dataset.training.parent
    return SimpleNamespace(models=models, model_id=embedded.MODEL_IDS[0], root=root)


@pytest.fixture
def data(s3: Any, material: SimpleNamespace) -> str:
    """URI of the training pictures."""
    for label in sorted((material.root / "training").iterdir()):
        for path in sorted(label.iterdir())[:PHOTOS_PER_CLASS]:
            s3.upload_file(str(path), BUCKET, f"example/{label.name}/{path.name}")
    return f"s3://{BUCKET}/example/"


def program(tmp_path: Path, *, unmodified: bool) -> Path:
    """The example, with the import that the SageMaker SDK's users have."""
    text = EXAMPLE.read_text()
    ours = "from ic_tf_sdk import hyperparameters"
    assert text.count(ours) == 1
    if unmodified:
        text = text.replace(ours, "from sagemaker import hyperparameters")
        assert "import ic_tf_sdk" not in text
    path = tmp_path / "example.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "unmodified",
    [
        pytest.param(False, id="imports swapped", marks=[pytest.mark.slow, pytest.mark.merge]),
        pytest.param(True, id="unmodified SDK", marks=pytest.mark.slow),
    ],
)
def test_the_example_runs_as_written_to_predictions_with_the_right_label(
    sagemaker_service: ControlPlane,
    material: SimpleNamespace,
    data: str,
    tmp_path: Path,
    unmodified: bool,
) -> None:
    publish(
        bucket=BUCKET,
        model_ids=[material.model_id],
        scopes=["training"],
        models=material.models,
    )
    photos = [
        path
        for label in sorted((material.root / "test").iterdir())
        for path in sorted(label.iterdir())[:4]
    ]
    environment = {
        **os.environ,
        "AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE": BUCKET,
        "SAGEMAKER_ROLE": "arn:aws:iam::123456789012:role/training",
        "MODEL_ID": material.model_id,
        "TRAINING_DATA": data,
    }
    command = [sys.executable, str(program(tmp_path, unmodified=unmodified)), *map(str, photos)]
    log = tmp_path / "example.log"
    with log.open("w") as stream:
        done = subprocess.run(
            command, env=environment, stdout=stream, stderr=subprocess.STDOUT, check=False
        )
    printed = log.read_text()
    assert done.returncode == 0, printed[-3000:]
    # The job's own log, as the SDK prints it.
    assert "Epoch 10/10" in printed
    lines = [line for line in printed.splitlines() if line.startswith(str(material.root))]
    predicted = dict(line.rsplit(": ", 1) for line in lines)
    assert set(predicted) == {str(photo) for photo in photos}
    right = sum(Path(photo).parent.name == label for photo, label in predicted.items())
    assert right >= 0.6 * len(photos), predicted

    [request] = sagemaker_service.sent("CreateTrainingJob")
    check_request(request, material.model_id, data)
    [model] = sagemaker_service.sent("CreateModel")
    assert model["PrimaryContainer"]["Image"].endswith("tensorflow-inference:2.20-cpu-py312")


def check_request(request: dict[str, Any], model_id: str, data: str) -> None:
    """What the SDK sends for the example, field by field."""
    version = "ic-tf-sdk/v"
    name = request["TrainingJobName"]
    output = request["OutputDataConfig"].pop("S3OutputPath")
    values = {key: json.loads(text) for key, text in request.pop("HyperParameters").items()}
    assert values["epochs"] == "10"
    assert values["sagemaker_program"] == "transfer_learning.py"
    assert values["sagemaker_submit_directory"].startswith(f"s3://{BUCKET}/{version}")
    channels = {item["ChannelName"]: item for item in request.pop("InputDataConfig")}
    uris = {key: item["DataSource"]["S3DataSource"]["S3Uri"] for key, item in channels.items()}
    assert set(uris) == {"training", "model"}
    assert uris["training"] == data
    assert uris["model"].endswith(f"/train-{model_id}.tar.gz")
    assert channels["model"]["ContentType"] == "application/x-sagemaker-model"
    image = request["AlgorithmSpecification"].pop("TrainingImage")
    assert image.endswith("tensorflow-training:2.21-gpu-py312")
    assert request == {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "OutputDataConfig": {},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.p3.2xlarge",
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 360000},
        "RoleArn": "arn:aws:iam::123456789012:role/training",
        "DebugHookConfig": {"S3OutputPath": output, "CollectionConfigurations": []},
        "ProfilerConfig": {"S3OutputPath": output, "DisableProfiler": False},
    }
