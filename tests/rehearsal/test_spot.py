"""A spot job whose machine is taken away: SageMaker starts it again with its checkpoints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.contract import history_record
from tests.aws import BUCKET
from tests.rehearsal.container import Container, Stop

MODEL_ID = embedded.MODEL_IDS[0]
# The whole network, so that an epoch takes long enough to be interrupted in.
GIVEN = {"epochs": 5, "batch_size": 8, "train_only_on_top": False, "learning_rate": 0.001}


def spot_request(content: dict[str, str], name: str) -> dict[str, Any]:
    job = launch.training_job(
        MODEL_ID,
        role="arn:aws:iam::123456789012:role/training",
        output_path=f"s3://{BUCKET}/output",
        bucket=BUCKET,
        hyperparameters=GIVEN,
        spot=True,
        checkpoint_s3_uri=f"s3://{BUCKET}/checkpoints/{name}",
    )
    return job.create_training_job(job_name=name, channels={"training": content["training"]})


@pytest.mark.slow
def test_a_job_that_lost_its_machine_twice_ends_as_one_that_did_not(
    image: Callable[[str], Container], content: dict[str, str], tmp_path: Path
) -> None:
    """Once with notice, which the toolkit does not pass on to the script, and once without."""
    container = image("2.21")
    request = spot_request(content, "spot")
    assert request["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
    for number, stop in enumerate(
        (Stop("Epoch 1/5", notice_seconds=2), Stop("Epoch 4/5", notice_seconds=0))
    ):
        job = container.run(request, tmp_path / f"lost-{number}", stop=stop)
        assert not job.succeeded
        assert "model.tar.gz" not in job.artifacts
        assert "Epoch 5/5" not in job.log
    job = container.run(request, tmp_path / "last")
    assert job.succeeded, job.log[-3000:]
    assert "Resumed from a checkpoint: " in job.log
    assert "Epoch 3/5" not in job.log
    undisturbed = container.run(spot_request(content, "undisturbed"), tmp_path / "undisturbed")
    assert undisturbed.succeeded, undisturbed.log[-3000:]
    histories = [history_record.read(done.root / "output" / "data") for done in (job, undisturbed)]
    assert histories[0].epochs == histories[1].epochs
    assert histories[0].best_epoch == histories[1].best_epoch
