"""Jobs that the launch helpers send, through the real toolkit: further training, and tuning."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.launch.sagemaker import tuning
from tests.aws import BUCKET
from tests.rehearsal import container
from tests.rehearsal.container import Container
from tests.rehearsal.control_plane import ControlPlane

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]

ROLE = "arn:aws:iam::123456789012:role/training"
MODEL_ID = embedded.MODEL_IDS[0]
QUICK = {"epochs": 2, "batch_size": 8, "train_only_on_top": "True"}


def session() -> Any:
    import sagemaker

    return sagemaker.Session(default_bucket=BUCKET)


def test_a_job_of_the_helpers_and_one_that_trains_its_result_further(
    sagemaker_service: ControlPlane, content: dict[str, str]
) -> None:
    """Both isolated, with the request that ``launch.estimator`` makes the SDK send."""
    first = launch.estimator(
        MODEL_ID, role=ROLE, session=session(), bucket=BUCKET, hyperparameters=QUICK
    )
    first.fit({"training": content["training"]}, logs=False)
    further = launch.estimator(
        MODEL_ID,
        role=ROLE,
        session=session(),
        bucket=BUCKET,
        model_uri=first.model_data,
        hyperparameters=QUICK,
    )
    further.fit({"training": content["training"]}, logs=False)
    requests = sagemaker_service.sent("CreateTrainingJob")
    assert [request["EnableNetworkIsolation"] for request in requests] == [True, True]
    jobs = list(sagemaker_service.jobs.values())
    assert [job.succeeded for job in jobs] == [True, True], jobs[-1].log[-3000:]
    assert "Training further: the classification layer of the earlier model is kept" in jobs[1].log


def test_a_tuners_values_without_quotes_are_read(
    sagemaker_service: ControlPlane,
    image: Callable[[str], Container],
    content: dict[str, str],
    tmp_path: Path,
) -> None:
    """A training job as the service makes it of the tuning request that the SDK sent."""
    made = launch.estimator(
        MODEL_ID, role=ROLE, session=session(), bucket=BUCKET, hyperparameters=QUICK
    )
    ranges = {
        "batch_size": tuning.Integer(low=8, high=16),
        "optimizer": tuning.Categorical(values=("sgd", "nesterov")),
        "train_only_on_top": tuning.Categorical(values=("True",)),
        "learning_rate": tuning.Real(low=0.01, high=0.1),
    }
    launch.tuner(made, ranges=ranges).fit({"training": content["training"]}, wait=False)
    [tuning_job] = sagemaker_service.sent("CreateHyperParameterTuningJob")
    picked = {"batch_size": "9", "optimizer": "nesterov", "learning_rate": "0.0312"}
    picked["train_only_on_top"] = "True"
    request = container.tuned_job(tuning_job, picked)
    job = image("2.21").run(request, tmp_path / "ml")
    assert job.succeeded, job.log[-3000:]
    assert "--batch_size 9 " in job.log
    assert "--optimizer nesterov" in job.log


def test_a_failed_jobs_reason_reaches_the_user(
    sagemaker_service: ControlPlane, content: dict[str, str], s3: Any
) -> None:
    import sagemaker

    s3.put_object(Bucket=BUCKET, Key="one-class/only/a.jpg", Body=b"\xff\xd8\xff no image")
    made = launch.estimator(
        MODEL_ID, role=ROLE, session=session(), bucket=BUCKET, hyperparameters=QUICK
    )
    with pytest.raises(sagemaker.exceptions.UnexpectedStatusException) as error:
        made.fit({"training": f"s3://{BUCKET}/one-class/"}, logs=False)
    assert "only" in str(error.value)
    assert "class" in str(error.value)
