# %% [markdown] tags=["v2"]
# # Classify many pictures in one job on SageMaker, with SDK v2
#
# Batch transform for *Image Classification - TensorFlow*, of which AWS has no notebook: a model, a
# folder of pictures in S3, and a job that answers them all. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v2,train,sample-data,imagenet]" matplotlib

# %% [markdown] tags=["v3"]
# # Classify many pictures in one job on SageMaker, with SDK v3
#
# Batch transform for *Image Classification - TensorFlow*, of which AWS has no notebook: a model, a
# folder of pictures in S3, and a job that answers them all. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v3,train,sample-data,imagenet]" matplotlib

# %% [markdown] tags=["local"]
# # Classify many pictures at once, here
#
# What batch transform is on SageMaker, on this machine: a model, a folder of pictures, and one
# command that answers them all. In a clone of the repository:
#
#     pip install ".[train,sample-data,imagenet]" matplotlib

# %% [markdown]
# ## Data
#
# A folder with one folder of images per class. These are drawn; use your own.

# %%
from pathlib import Path

from ic_tf_sdk import sample_data

pictures = Path("pictures")
sample_data.draw(directory=pictures / "training", images_per_class=20, seed=0)
sample_data.draw(directory=pictures / "new", images_per_class=12, seed=2)
f"{len(list((pictures / 'new').rglob('*.*')))} pictures to classify"

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
    boto3.client("s3").upload_file(str(photo), bucket, f"batch/{photo.as_posix()}")
training = {"training": f"s3://{bucket}/batch/pictures/training/"}

# %% [markdown] tags=["v2", "v3"]
# ## A model
#
# EfficientNet-Lite0 of the extra `imagenet`, its classification layer trained on the drawn
# pictures. `publish=True` puts the script and the model into the bucket where they are missing. The
# `model.tar.gz` of any earlier job does as well.

# %% [markdown] tags=["local"]
# ## A model
#
# EfficientNet-Lite0 of the extra `imagenet`, its classification layer trained on the drawn
# pictures. The `model.tar.gz` of any earlier job does as well, one of SageMaker's too.

# %%
model_id = "tensorflow-ic-efficientnet-lite0-classification-2"
settings = {"epochs": "20", "train_only_on_top": "True", "learning_rate": "0.003"}

# %% tags=["v2"]
from ic_tf_sdk import launch

estimator = launch.estimator(
    model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
)
estimator.fit(training, logs=False)
model = launch.model(
    estimator.model_data, model_id, role=role, session=session, instance_type="ml.m5.xlarge"
)

# %% tags=["v3"]
from ic_tf_sdk import launch

trainer = launch.model_trainer(
    model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
)
trainer.train(launch.sdk_v3.inputs(training), wait=True, logs=False)
model_data = trainer._latest_training_job.model_artifacts.s3_model_artifacts
model = launch.model_builder(
    model_data, model_id, role=role, session=session, instance_type="ml.m5.xlarge"
)
model.build(model_name="drawn-pictures-batch")

# %% tags=["local"]
from ic_tf_sdk.launch import LocalEstimator

estimator = LocalEstimator(model_id, hyperparameters=settings, output_path="jobs")
estimator.fit({"training": str(pictures / "training")}, logs=False)

# %% [markdown] tags=["v2", "v3"]
# ## The job
#
# One file is one request. How large a request may be is read off the largest picture; anything in
# the folder that is no picture is refused now, since the job would fail at it.

# %% [markdown] tags=["local"]
# ## The job
#
# `ic-tf predict` streams the folder through the model into one table. A run that was interrupted
# goes on when it is started again; a picture that cannot be read is a row with its reason.

# %% tags=["v2", "v3"]
from ic_tf_sdk.launch import transform

output = f"s3://{bucket}/batch/answers"
transform.batch_transform(
    model,
    images=f"s3://{bucket}/batch/pictures/new/",
    output=output,
    instance_type="ml.m5.xlarge",
)
rows = list(transform.answers(output))
rows[0]["image"], rows[0]["predicted_label"]

# %% tags=["local"]
import sys

model_data = estimator.model_data
answers = f"{estimator.latest_training_job.name}.jsonl"
# !{sys.executable} -m ic_tf_sdk.cli predict {model_data} pictures/new -o {answers} 2> log.txt

# %% tags=["local"]
import json

rows = [json.loads(line) for line in Path(answers).read_text().splitlines()]
rows[0]["image"], rows[0]["predicted_label"]

# %% [markdown]
# ## The answers
#
# Each answer has the name of its picture, the probability of each class, and the likeliest one.

# %%
right = sum(row["predicted_label"] == Path(row["image"]).parent.name for row in rows)
f"{right} of {len(rows)} right"

# %%
import matplotlib.pyplot as plt
from PIL import Image

figure, places = plt.subplots(2, 5, figsize=(8, 4))
for place, row in zip(places.flat, rows[:: len(rows) // 10], strict=False):
    path = Path(row["image"])
    place.imshow(Image.open(pictures / "new" / path.parent.name / path.name))
    place.set_title(f"{row['predicted_label']}\n{max(row['probabilities']):.2f}", fontsize="small")
    place.axis("off")
figure.tight_layout()

# %% [markdown]
# How often a class was taken for another:

# %%
labels = rows[0]["labels"]
taken = [[0] * len(labels) for _ in labels]
for row in rows:
    truth = labels.index(Path(row["image"]).parent.name)
    taken[truth][labels.index(row["predicted_label"])] += 1
figure, axes = plt.subplots(figsize=(4.5, 4))
axes.imshow(taken, cmap="Blues")
for truth, counts in enumerate(taken):
    for guess, count in enumerate(counts):
        axes.text(guess, truth, count, ha="center", va="center", color="tab:orange")
axes.set_xticks(range(len(labels)), labels, rotation=45)
axes.set_yticks(range(len(labels)), labels)
axes.set(xlabel="answered", ylabel="true")
figure.tight_layout()

# %% [markdown] tags=["v2", "v3"]
# The job's machines are gone with the job. The model costs nothing; it may be deleted.

# %% tags=["v2"]
model.delete_model()

# %% tags=["v3"]
model.built_model.delete()
