# %% [markdown] tags=["v2"]
# # Tune hyperparameters on SageMaker and read what happened, with SDK v2
#
# Automatic model tuning and the analytics of AWS's JumpStart notebook for *Image Classification -
# TensorFlow*: ranges, a tuning job, its table, and the curves of its best training job. In a clone
# of the repository:
#
#     pip install ".[aws,sagemaker-v2,sample-data]" matplotlib

# %% [markdown] tags=["v3"]
# # Tune hyperparameters on SageMaker and read what happened, with SDK v3
#
# Automatic model tuning and the analytics of AWS's JumpStart notebook for *Image Classification -
# TensorFlow*: ranges, a tuning job, its table, and the curves of its best training job. In a clone
# of the repository:
#
#     pip install ".[aws,sagemaker-v3,sample-data]" matplotlib

# %% [markdown] tags=["local"]
# # Tune hyperparameters and read what happened, here
#
# What automatic model tuning is on SageMaker, on this machine: a loop over settings drawn at
# random, a table of what they gave, and the curves of the best one. In a clone of the repository:
#
#     pip install ".[train,sample-data]" matplotlib pandas

# %% [markdown]
# ## Data
#
# A folder with one folder of images per class. These are drawn; use your own.

# %%
from pathlib import Path

from ic_tf_sdk import sample_data

pictures = Path("pictures")
sample_data.draw(directory=pictures / "training", images_per_class=20, seed=0)
sample_data.draw(directory=pictures / "validation", images_per_class=12, seed=1)
sorted(path.name for path in (pictures / "training").iterdir())

# %% [markdown] tags=["v2", "v3"]
# A job reads its data in S3, and writes there. The role is the one that SageMaker takes on.

# %% tags=["v2"]
import os

from sagemaker import Session

session, role = Session(), os.environ["SAGEMAKER_ROLE"]
bucket = session.default_bucket()

# %% tags=["v3"]
import os

from sagemaker.core.helper.session_helper import Session

session, role = Session(), os.environ["SAGEMAKER_ROLE"]
bucket = session.default_bucket()

# %% tags=["v2", "v3"]
import boto3

for photo in pictures.rglob("*.*"):
    boto3.client("s3").upload_file(str(photo), bucket, f"tune/{photo.as_posix()}")
channels = {name: f"s3://{bucket}/tune/pictures/{name}/" for name in ("training", "validation")}

# %% tags=["local"]
channels = {name: str(pictures / name) for name in ("training", "validation")}

# %% [markdown]
# ## Ranges
#
# What is not tuned has one value for all jobs. `launch.tuning.DOCUMENTED` has AWS's documented
# range of every hyperparameter that can be tuned. Of a learning rate, 0.001 is as far from 0.01 as
# that is from 0.1: its range is spread logarithmically.

# %% tags=["v2", "v3"]
from ic_tf_sdk import launch
from ic_tf_sdk.launch import tuning

model_id = "tensorflow-ic-embedded-formulanet-96"
settings = {"epochs": "12", "train_only_on_top": "True"}
ranges = {
    "learning_rate": tuning.Real(1e-4, 1e-1, scaling="Logarithmic"),
    "batch_size": tuning.Integer(8, 64),
}

# %% tags=["local"]
import random

model_id = "tensorflow-ic-embedded-formulanet-96"
settings = {"epochs": "12", "train_only_on_top": "True"}
draw = random.Random(0)


def drawn():
    """Settings drawn at random."""
    return {
        "learning_rate": f"{10 ** draw.uniform(-4, -1):.6f}",
        "batch_size": str(draw.randint(8, 64)),
    }


# %% [markdown] tags=["v2", "v3"]
# ## The tuning job
#
# Four training jobs, two at a time, for the accuracy on the validation images. Each costs what a
# training job costs.

# %% [markdown] tags=["local"]
# ## The trials
#
# Four jobs in turn, each with settings of its own.

# %% tags=["v2"]
estimator = launch.estimator(
    model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
)
tuner = launch.tuner(
    estimator, ranges=ranges, max_jobs=4, max_parallel_jobs=2, objective="validation:accuracy"
)
tuner.fit(channels)

# %% tags=["v3"]
tuner = launch.sdk_v3.tuner(
    model_id,
    role=role,
    session=session,
    bucket=bucket,
    publish=True,
    hyperparameters=settings,
    ranges=ranges,
    max_jobs=4,
    max_parallel_jobs=2,
    objective="validation:accuracy",
)
tuner.tune(channels, wait=True)

# %% tags=["local"]
from ic_tf_sdk.launch import LocalEstimator

estimators, trials = {}, []
for settings_of_trial in (drawn() for _ in range(4)):
    estimator = LocalEstimator(
        model_id, hyperparameters=settings | settings_of_trial, output_path="jobs"
    )
    estimator.fit(channels, logs=False)
    job = estimator.latest_training_job
    described = job.describe()
    metrics = {item["MetricName"]: item["Value"] for item in described["FinalMetricDataList"]}
    estimators[job.name] = estimator
    trials.append(
        {
            **{name: float(value) for name, value in settings_of_trial.items()},
            "TrainingJobName": job.name,
            "TrainingJobStatus": described["TrainingJobStatus"],
            "FinalObjectiveValue": metrics["validation:accuracy"],
            "TrainingElapsedTimeSeconds": described["TrainingTimeInSeconds"],
        }
    )

# %% [markdown]
# ## What the jobs gave

# %% tags=["v2", "v3"]
results = tuner.analytics().dataframe().sort_values("FinalObjectiveValue", ascending=False)
shown = ["learning_rate", "batch_size", "FinalObjectiveValue", "TrainingElapsedTimeSeconds"]
results[["TrainingJobName", *shown]].reset_index(drop=True)

# %% tags=["local"]
import pandas as pd

results = pd.DataFrame(trials).sort_values("FinalObjectiveValue", ascending=False)
shown = ["learning_rate", "batch_size", "FinalObjectiveValue", "TrainingElapsedTimeSeconds"]
results[["TrainingJobName", *shown]].reset_index(drop=True)

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3.5))
points = axes.scatter(
    results["learning_rate"], results["FinalObjectiveValue"], c=results["batch_size"], s=80
)
figure.colorbar(points, label="batch size")
axes.set(xscale="log", xlabel="learning rate", ylabel="accuracy on validation images")
figure.tight_layout()

# %% [markdown]
# ## The best job

# %% tags=["v2", "v3"]
best = tuner.best_training_job()
best

# %% tags=["local"]
best = results.iloc[0]["TrainingJobName"]
best

# %% [markdown] tags=["v2", "v3"]
# SageMaker reads the metrics off the job's log. By default `TrainingJobAnalytics` gives one value
# for each minute; `period=1` gives one for each second, which CloudWatch keeps for three hours.

# %% [markdown] tags=["local"]
# The metrics stand in the job's log, where SageMaker reads them with the same expressions.

# %% tags=["v2"]
from sagemaker.analytics import TrainingJobAnalytics

curves = TrainingJobAnalytics(
    best, ["train:accuracy", "val:accuracy"], sagemaker_session=session, period=1
).dataframe()

# %% tags=["v3"]
from sagemaker.core.analytics import TrainingJobAnalytics

curves = TrainingJobAnalytics(
    best, ["train:accuracy", "val:accuracy"], sagemaker_session=session, period=1
).dataframe()

# %% tags=["v2", "v3"]
figure, axes = plt.subplots(figsize=(6, 3.5))
for name, curve in curves.groupby("metric_name"):
    axes.plot(curve["timestamp"], curve["value"], marker="o", label=name)
axes.set(xlabel="seconds since the first value", ylabel="accuracy", ylim=(0, 1.05))
axes.legend()
figure.tight_layout()

# %% tags=["local"]
import re

log = "\n".join(estimators[best].latest_training_job.log)
figure, axes = plt.subplots(figsize=(6, 3.5))
for name, expression in {
    "train:accuracy": r"- accuracy: ([0-9\.]+)",
    "val:accuracy": r"- val_accuracy: ([0-9\.]+)",
}.items():
    values = [float(value) for value in re.findall(expression, log)]
    axes.plot(range(1, len(values) + 1), values, marker="o", label=name)
axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1.05))
axes.legend()
figure.tight_layout()

# %% [markdown] tags=["v2"]
# Its model is deployed and trained further like that of any other job
# ([`fine_tune_sdk_v2.ipynb`](fine_tune_sdk_v2.ipynb)):

# %% [markdown] tags=["v3"]
# Its model is deployed and trained further like that of any other job
# ([`fine_tune_sdk_v3.ipynb`](fine_tune_sdk_v3.ipynb)):

# %% [markdown] tags=["local"]
# Its model is deployed and trained further like that of any other job
# ([`local_estimator.ipynb`](local_estimator.ipynb)):

# %% tags=["v2", "v3"]
described = boto3.client("sagemaker").describe_training_job(TrainingJobName=best)
described["ModelArtifacts"]["S3ModelArtifacts"]

# %% tags=["local"]
estimators[best].model_data
