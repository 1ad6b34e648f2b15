"""A job that the real SDK v3 sends, through its own driver; ``nox -s sdk_v3`` runs it."""

import json
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded
from ic_tf_sdk.content import private_hub
from ic_tf_sdk.contract import archive
from ic_tf_sdk.launch.sagemaker import sdk_v3
from tests.aws import BUCKET
from tests.launch.sagemaker.jumpstart_requests import HUB
from tests.rehearsal.container import Container, Job
from tests.rehearsal.control_plane import ControlPlane

if not metadata.version("sagemaker").startswith("3."):
    pytest.skip("needs the SageMaker SDK v3: nox -s sdk_v3", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

MODEL_ID = embedded.MODEL_IDS[0]
ROLE = "arn:aws:iam::123456789012:role/training"
QUICK = {"epochs": 10, "batch_size": 8, "train_only_on_top": True, "learning_rate": 0.01}

# What TensorFlow Serving does with the model, in the image's own TensorFlow.
ASK = """
import sys, tensorflow as tf
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for path in sys.argv[2:]:
    answer = signature(image_bytes=tf.constant([open(path, "rb").read()]))
    print(answer["predicted_label"].numpy()[0].decode())
"""


def test_jobs_of_sdk_v3_train_isolated_and_predict_the_right_labels(
    sagemaker_service: ControlPlane,
    image: Callable[[str], Container],
    content: dict[str, str],
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One test: SDK v3 keeps the first client that it made, with its address."""
    from sagemaker.core.helper.session_helper import Session

    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    arguments: dict[str, Any] = {
        "role": ROLE,
        "session": Session(default_bucket=BUCKET),
        "bucket": BUCKET,
        "hyperparameters": QUICK,
    }
    trainer = sdk_v3.model_trainer(MODEL_ID, **arguments)
    trainer.train(sdk_v3.inputs({"training": content["training"]}), wait=True, logs=False)
    [job] = sagemaker_service.jobs.values()
    check_job(job, tmp_path / "model", tiny_dataset, image("2.21").environment)

    train_from_hub(content["training"], arguments["session"])
    check_job(
        list(sagemaker_service.jobs.values())[1],
        tmp_path / "from-a-hub",
        tiny_dataset,
        image("2.21").environment,
    )

    tuner = sdk_v3.tuner(MODEL_ID, max_jobs=1, **arguments)
    tuner.tune({"training": content["training"]}, wait=True)
    tuned = sagemaker_service.jobs[tuner.best_training_job()]
    assert tuned.succeeded, tuned.log[-3000:]
    assert tuned.request["EnableNetworkIsolation"] is True
    [row] = tuner.analytics().training_job_summaries()
    assert set(row["TunedHyperParameters"]) == {"batch_size", "optimizer", "learning_rate"}
    for name, value in {**row["TunedHyperParameters"], "train_only_on_top": "True"}.items():
        assert f"--{name} {value}" in tuned.log


def train_from_hub(training: str, session: Any) -> None:
    """A job of a private hub, as SDK v3's own class makes it."""
    from sagemaker.core.jumpstart import JumpStartConfig
    from sagemaker.train import ModelTrainer

    private_hub.publish_hub(HUB, bucket=BUCKET)
    trainer = ModelTrainer.from_jumpstart_config(
        JumpStartConfig(model_id=MODEL_ID, hub_name=HUB),
        role=ROLE,
        sagemaker_session=session,
        base_job_name="from-a-hub",
        hyperparameters={name: str(value) for name, value in QUICK.items()},
    )
    trainer.train(sdk_v3.inputs({"training": training}), wait=True, logs=False)


def check_job(job: Job, folder: Path, dataset: SimpleNamespace, environment: Path) -> None:
    """The driver ran, the values arrived as they were sent, and the model knows its classes."""
    assert job.succeeded, job.log[-3000:]
    assert job.request["EnableNetworkIsolation"] is True
    assert job.request["AlgorithmSpecification"]["ContainerEntrypoint"] == ["/bin/bash"]
    assert "Epoch 10/10 - " in job.log
    info = json.loads((job.root / "model" / "model_info.json").read_text())
    assert info["fine_tuning"]["hyperparameters"]["batch_size"] == "8"
    archive.extract(job.root / "model.tar.gz", folder)
    photos = sorted(path for path in dataset.test.rglob("*.*"))
    ask = [str(environment / "bin" / "python"), "-c", ASK, str(folder / "1")]
    done = subprocess.run([*ask, *map(str, photos)], capture_output=True, text=True, check=True)
    answers = zip(done.stdout.split(), photos, strict=True)
    right = sum(label == photo.parent.name for label, photo in answers)
    assert right >= 0.8 * len(photos), done.stdout
