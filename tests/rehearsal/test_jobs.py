"""Jobs of the launch helpers through the real toolkit: further training, tuning, transforms."""

from typing import Any

import pytest

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.launch import transform, tuning
from tests.aws import BUCKET
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


def test_a_tuning_job_runs_its_trials_and_the_analytics_read_them(
    sagemaker_service: ControlPlane, content: dict[str, str]
) -> None:
    """Values of each kind of range, which the service sends without quotes, reach the script."""
    import sagemaker

    made = launch.estimator(
        MODEL_ID, role=ROLE, session=session(), bucket=BUCKET, hyperparameters=QUICK
    )
    ranges = {
        "batch_size": tuning.Integer(low=8, high=16),
        "optimizer": tuning.Categorical(values=("sgd", "nesterov")),
        "train_only_on_top": tuning.Categorical(values=("True",)),
        "learning_rate": tuning.Real(low=0.01, high=0.1),
    }
    tuner = launch.tuner(made, ranges=ranges, max_jobs=2, max_parallel_jobs=2)
    tuner.fit({"training": content["training"]})
    table = tuner.analytics().dataframe()
    assert list(table["TrainingJobStatus"]) == ["Completed", "Completed"]
    best = table.loc[table["FinalObjectiveValue"].idxmax()]
    assert tuner.best_training_job() == best["TrainingJobName"]
    for _, row in table.iterrows():
        log = sagemaker_service.jobs[row["TrainingJobName"]].log
        assert f"--batch_size {row['batch_size']:.0f} " in log
        assert f"--optimizer {row['optimizer'].strip(chr(34))}" in log
        assert f"val_accuracy: {row['FinalObjectiveValue']:.4f}"[:-1] in log
    curve = sagemaker.analytics.TrainingJobAnalytics(
        tuner.best_training_job(), ["train:loss"], session(), period=1
    ).dataframe()
    assert 1 <= len(curve) <= QUICK["epochs"]
    assert (curve["value"] > 0).all()


def test_a_transform_job_answers_every_image_by_its_name(
    sagemaker_service: ControlPlane, content: dict[str, str], s3: Any
) -> None:
    estimator = launch.estimator(
        MODEL_ID, role=ROLE, session=session(), bucket=BUCKET, hyperparameters=QUICK
    )
    estimator.fit({"training": content["training"]}, logs=False)
    model = launch.model(
        estimator.model_data,
        MODEL_ID,
        role=ROLE,
        session=session(),
        instance_type="ml.m5.xlarge",
    )
    output = f"s3://{BUCKET}/transformed"
    transform.batch_transform(
        model, images=content["training"], output=output, instance_type="ml.m5.xlarge"
    )
    sent = s3.list_objects_v2(Bucket=BUCKET, Prefix="pictures/")["Contents"]
    rows = list(transform.answers(output))
    assert [row["image"] for row in rows] == sorted(
        item["Key"].removeprefix("pictures/") for item in sent
    )
    assert {row["predicted_label"] for row in rows} <= {name["Key"].split("/")[1] for name in sent}


def test_a_transform_job_fails_with_what_the_model_answered(
    sagemaker_service: ControlPlane, content: dict[str, str], s3: Any
) -> None:
    import sagemaker

    archive = embedded.archive_path(MODEL_ID, "inference")
    s3.upload_file(str(archive), BUCKET, "models/classifier.tar.gz")
    model = launch.model(
        f"s3://{BUCKET}/models/classifier.tar.gz",
        MODEL_ID,
        role=ROLE,
        session=session(),
        instance_type="ml.m5.xlarge",
    )
    s3.put_object(Bucket=BUCKET, Key="broken/a.jpg", Body=b"no picture")
    with pytest.raises(sagemaker.exceptions.UnexpectedStatusException, match=r"a\.jpg.*400"):
        transform.batch_transform(
            model,
            images=f"s3://{BUCKET}/broken/",
            output=f"s3://{BUCKET}/never",
            instance_type="ml.m5.xlarge",
        )


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
