"""A model of a private hub, from SDK v2's own class through the real toolkit to an answer."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.content import private_hub
from tests.aws import BUCKET
from tests.launch.sagemaker.jumpstart_requests import HUB, HUB_ARN
from tests.rehearsal.conftest import MODEL_ID
from tests.rehearsal.control_plane import ControlPlane

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]

ROLE = "arn:aws:iam::123456789012:role/training"
QUICK = {"epochs": "10", "batch_size": "8", "train_only_on_top": "True", "learning_rate": "0.01"}


def test_a_jumpstart_estimator_of_a_hub_trains_isolated_and_its_endpoint_answers(
    sagemaker_service: ControlPlane,
    content: dict[str, str],
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sagemaker
    from sagemaker.jumpstart.accessors import JumpStartModelsAccessor
    from sagemaker.jumpstart.estimator import JumpStartEstimator

    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", BUCKET)
    JumpStartModelsAccessor.reset_cache()
    private_hub.publish_hub(HUB, bucket=BUCKET)
    estimator = JumpStartEstimator(
        model_id=MODEL_ID,
        hub_name=HUB_ARN,
        role=ROLE,
        sagemaker_session=sagemaker.Session(default_bucket=BUCKET),
        hyperparameters=QUICK,
    )
    estimator.fit({"training": content["training"]}, logs=False)
    [job] = sagemaker_service.jobs.values()
    assert job.succeeded, job.log[-3000:]
    assert job.request["EnableNetworkIsolation"] is True
    assert "Epoch 10/10 - " in job.log
    predictor = estimator.deploy(instance_type="ml.m5.large")
    photos = sorted(tiny_dataset.test.rglob("*.*"))
    right = 0
    for photo in photos:
        answer = predictor.predict(
            photo.read_bytes(),
            {"ContentType": "application/x-image", "Accept": "application/json;verbose"},
        )
        said: Any = json.loads(answer) if isinstance(answer, bytes | str) else answer
        right += said["predicted_label"] == photo.parent.name
    assert right >= 0.8 * len(photos)
    JumpStartModelsAccessor.reset_cache()
