# %% [markdown] tags=["v2"]
# # Compare several models on your images on SageMaker, with SDK v2
#
# AWS's benchmarking notebook for *Image Classification - TensorFlow*: several pretrained models are
# trained on the same images, and compared by accuracy, time and size. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v2,train,sample-data,imagenet]" matplotlib

# %% [markdown] tags=["v3"]
# # Compare several models on your images on SageMaker, with SDK v3
#
# AWS's benchmarking notebook for *Image Classification - TensorFlow*: several pretrained models are
# trained on the same images, and compared by accuracy, time and size. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v3,train,sample-data,imagenet]" matplotlib

# %% [markdown] tags=["local"]
# # Compare several models on your images, here
#
# AWS's benchmarking notebook for *Image Classification - TensorFlow*, on this machine: several
# pretrained models are trained on the same images, and compared by accuracy, time and size. In a
# clone of the repository:
#
#     pip install ".[train,sample-data,imagenet]" matplotlib pandas

# %% [markdown]
# ## Data
#
# A folder with one folder of images per class. These are drawn; use your own. Few images to train
# with, and more to test with, show the difference between models.

# %%
from pathlib import Path

from ic_tf_sdk import sample_data

pictures = Path("pictures")
sample_data.draw(directory=pictures / "training", images_per_class=8, seed=0)
sample_data.draw(directory=pictures / "test", images_per_class=20, seed=2)
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
    boto3.client("s3").upload_file(str(photo), bucket, f"benchmark/{photo.as_posix()}")
channels = {name: f"s3://{bucket}/benchmark/pictures/{name}/" for name in ("training", "test")}

# %% tags=["local"]
channels = {name: str(pictures / name) for name in ("training", "test")}

# %% [markdown]
# ## Models
#
# A small network that ships with the package, and two trained on ImageNet that come with the extra
# `imagenet`. `specs.list_models()` has the others; their weights have to be mirrored first
# (`ic-tf mirror`).

# %%
from ic_tf_sdk import specs

model_ids = (
    "tensorflow-ic-embedded-formulanet-96",
    "tensorflow-ic-efficientnet-lite0-classification-2",
    "tensorflow-ic-efficientnet-lite1-classification-2",
)
settings = {"epochs": "20", "train_only_on_top": "True", "learning_rate": "0.003"}
for model in map(specs.get, model_ids):
    print(f"{model.display_name:20} {model.input_height} px, {model.parameters_millions:.2f} M")

# %% [markdown] tags=["v2", "v3"]
# ## Training
#
# One job for each model, all at once. `publish=True` puts the script and the models into the bucket
# where they are missing. The same settings need not suit all: with a tuning job in place of each
# training job, every model is compared at its best.

# %% [markdown] tags=["local"]
# ## Training
#
# One job for each model, in turn. The first use of a model of the extra `imagenet` converts its
# weights, once.

# %% tags=["v2"]
from ic_tf_sdk import launch

jobs = {}
for model_id in model_ids:
    estimator = launch.estimator(
        model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
    )
    estimator.fit(channels, wait=False)
    jobs[model_id] = estimator.latest_training_job.name

described = {model_id: session.wait_for_job(name) for model_id, name in jobs.items()}

# %% tags=["v3"]
from ic_tf_sdk import launch

jobs = {}
for model_id in model_ids:
    trainer = launch.model_trainer(
        model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
    )
    trainer.train(launch.sdk_v3.inputs(channels), wait=False, logs=False)
    jobs[model_id] = trainer._latest_training_job

described = {}
for model_id, job in jobs.items():
    job.wait(logs=False)
    name = job.training_job_name
    described[model_id] = session.sagemaker_client.describe_training_job(TrainingJobName=name)

# %% tags=["local"]
from ic_tf_sdk.launch import LocalEstimator

described = {}
for model_id in model_ids:
    estimator = LocalEstimator(model_id, hyperparameters=settings, output_path="jobs")
    estimator.fit(channels, logs=False)
    described[model_id] = estimator.latest_training_job.describe()

# %% [markdown]
# ## The table
#
# Every figure is a metric of the job: the accuracy on the test images, the seconds that training
# took, the milliseconds that a picture took on the machine that trained, and the parameters.

# %%
import pandas as pd

rows = []
for model_id, job in described.items():
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    rows.append(
        {
            "model": specs.get(model_id).display_name,
            "accuracy": metrics["test:accuracy"],
            "training, s": metrics["Total training duration"],
            "latency, ms": metrics["Average test latency per sample"] * 1000,
            "parameters, M": metrics["Number of parameters"] / 1e6,
        }
    )
table = pd.DataFrame(rows).set_index("model").sort_values("accuracy", ascending=False)
table.round(3)

# %% [markdown]
# A model is worth a look if no other one is both at least as accurate and faster: those are on the
# line, Pareto's frontier.

# %%
import matplotlib.pyplot as plt

by_latency = table.sort_values("latency, ms")
frontier = by_latency[by_latency["accuracy"] > by_latency["accuracy"].cummax().shift(fill_value=-1)]
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8))
left.plot(frontier["latency, ms"], frontier["accuracy"], drawstyle="steps-post", color="silver")
for name, row in table.iterrows():
    left.scatter(row["latency, ms"], row["accuracy"], 20 * row["parameters, M"] + 30, label=name)
left.set(xlabel="latency, ms for a picture", ylabel="accuracy on test images", xlim=(0, None))
left.margins(0.15)
left.legend(loc="lower right")
right.barh(table.index, table["training, s"])
right.set(xlabel="training, seconds")
figure.tight_layout()

# %%
list(frontier.index)
