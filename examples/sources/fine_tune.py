# %% [markdown] tags=["v2"]
# # Fine-tune, deploy and query an image classifier on SageMaker, with SDK v2
#
# The steps of AWS's notebooks for *Image Classification - TensorFlow*: data, hyperparameters, a
# training job, an endpoint, predictions, and training further. `launch` looks everything up and
# checks it before it costs; what it makes are the SDK's own classes. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v2,sample-data]"

# %% [markdown] tags=["v3"]
# # Fine-tune, deploy and query an image classifier on SageMaker, with SDK v3
#
# The steps of AWS's notebooks for *Image Classification - TensorFlow*: data, hyperparameters, a
# training job, an endpoint, predictions, and training further. `launch` looks everything up and
# checks it before it costs; what it makes are the SDK's own classes. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v3,sample-data]"

# %% [markdown] tags=["local"]
# # Fine-tune, deploy and query an image classifier, here
#
# The calls of AWS's notebooks for *Image Classification - TensorFlow*, on this machine: no account,
# no container, no download. `LocalEstimator` takes the place of `sagemaker.estimator.Estimator`;
# what it leaves, `model.tar.gz`, is what a SageMaker job would upload. In a clone of the
# repository:
#
#     pip install ".[train,serve,sample-data,imagenet]"

# %% [markdown]
# ## Data
#
# A folder with one folder of images per class. These are drawn; use your own.

# %%
from pathlib import Path

from ic_tf_sdk import sample_data

pictures = Path("pictures")
sample_data.draw(directory=pictures / "training", images_per_class=40, seed=0)
sample_data.draw(directory=pictures / "more", images_per_class=20, seed=1)
sample_data.draw(directory=pictures / "test", images_per_class=6, seed=2)
sorted(path.name for path in (pictures / "training").iterdir())

# %%
from PIL import Image


def side_by_side(photos, height=96):
    """The pictures in a row."""
    row = Image.new("RGB", (height * len(photos), height), "white")
    for number, photo in enumerate(photos):
        row.paste(Image.open(photo).convert("RGB").resize((height, height)), (number * height, 0))
    return row


one_of_each = [min(folder.iterdir()) for folder in sorted((pictures / "test").iterdir())]
side_by_side(one_of_each)

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
    boto3.client("s3").upload_file(str(photo), bucket, photo.as_posix())


def channels(training):
    """The channels of a job: images to train with, and others to test with."""
    prefix = f"s3://{bucket}/{pictures}"
    return {"training": f"{prefix}/{training}/", "test": f"{prefix}/test/"}


# %% [markdown] tags=["v2", "v3"]
# ## Hyperparameters
#
# The model's defaults, as JumpStart knows them; `MODEL_ID` of the environment takes another model.

# %% [markdown] tags=["local"]
# ## Hyperparameters
#
# The model's defaults, as JumpStart knows them. Its ImageNet weights are in the extra `imagenet`; a
# folder or archive with weights of your own is given to `LocalEstimator` as `model_uri`.

# %% tags=["v2", "v3"]
from ic_tf_sdk import hyperparameters, launch

model_id = os.environ.get("MODEL_ID", "tensorflow-ic-efficientnet-lite0-classification-2")
model_version = "*"
settings = hyperparameters.retrieve_default(model_id=model_id, model_version=model_version)
settings |= {"epochs": "30", "train_only_on_top": "True", "learning_rate": "0.003"}
hyperparameters.validate(model_id=model_id, model_version=model_version, hyperparameters=settings)

# %% tags=["local"]
from ic_tf_sdk import hyperparameters

model_id, model_version = "tensorflow-ic-efficientnet-lite0-classification-2", "*"
settings = hyperparameters.retrieve_default(model_id=model_id, model_version=model_version)
settings |= {"epochs": "30", "train_only_on_top": "True", "learning_rate": "0.003"}
hyperparameters.validate(model_id=model_id, model_version=model_version, hyperparameters=settings)

# %% [markdown] tags=["v2", "v3"]
# ## Training
#
# `publish=True` puts the script and the pretrained model into the bucket where they are missing;
# the model must be mirrored for that (`ic-tf mirror`), or in the extra `imagenet`.

# %% [markdown] tags=["local"]
# ## Training

# %% tags=["v2"]
estimator = launch.estimator(
    model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
)
estimator.fit(channels("training"), logs=True)
model_data = estimator.model_data

# %% tags=["v3"]
trainer = launch.model_trainer(
    model_id, role=role, session=session, bucket=bucket, publish=True, hyperparameters=settings
)
trainer.train(launch.sdk_v3.inputs(channels("training")), wait=True, logs=False)
model_data = trainer._latest_training_job.model_artifacts.s3_model_artifacts

# %% tags=["local"]
from ic_tf_sdk.launch import LocalEstimator

estimator = LocalEstimator(
    model_id,
    hyperparameters=settings,
    entry_point="transfer_learning.py",
    instance_count=1,
    max_run=360000,
    output_path="jobs",
)
estimator.fit({"training": str(pictures / "training"), "test": str(pictures / "test")}, logs=True)

# %% tags=["local"]
job = estimator.latest_training_job
described = job.describe()
metrics = {item["MetricName"]: item["Value"] for item in described["FinalMetricDataList"]}
job.name, described["TrainingJobStatus"], metrics["test:accuracy"], estimator.model_data

# %% [markdown] tags=["v2", "v3"]
# ## Inference
#
# An endpoint answers until it is deleted, and costs until then.

# %% [markdown] tags=["local"]
# ## Inference
#
# A server of its own, with SageMaker's contract.

# %% tags=["v2"]
model = launch.model(model_data, model_id, role=role, session=session, instance_type="ml.m5.xlarge")
predictor = model.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge")


def ask(photo):
    """The answer for a picture, with the classes' names."""
    return predictor.predict(photo.read_bytes(), {"Accept": "application/json;verbose"})


# %% tags=["v3"]
builder = launch.model_builder(
    model_data, model_id, role=role, session=session, instance_type="ml.m5.xlarge"
)
builder.build(model_name="drawn-pictures")
endpoint = builder.deploy(endpoint_name="drawn-pictures", initial_instance_count=1, wait=False)


def ask(photo):
    """The answer for a picture, with the classes' names."""
    return endpoint.invoke(photo.read_bytes(), accept="application/json;verbose").body


# %% tags=["local"]
predictor = estimator.deploy(initial_instance_count=1, instance_type="ml.m5.xlarge")
predictor.url


# %% tags=["local"]
def ask(photo):
    """The answer for a picture, with the classes' names."""
    return predictor.predict(
        photo.read_bytes(),
        {"ContentType": "application/x-image", "Accept": "application/json;verbose"},
    )


# %%
import json

right = 0
photos = sorted((pictures / "test").rglob("*.*"))
for photo in photos:
    answer = ask(photo)
    right += json.loads(answer)["predicted_label"] == photo.parent.name
f"{right} of {len(photos)} right"

# %%
print(*(json.loads(ask(photo))["predicted_label"] for photo in one_of_each), sep=" | ")
side_by_side(one_of_each)

# %% tags=["v2", "local"]
predictor.delete_model()
predictor.delete_endpoint()

# %% tags=["v3"]
endpoint.delete()
builder.built_model.delete()

# %% [markdown]
# ## Training further
#
# From the model that the first job left, on pictures that came in later.

# %% tags=["v2"]
further = launch.estimator(
    model_id,
    role=role,
    session=session,
    bucket=bucket,
    model_uri=model_data,
    hyperparameters=settings | {"epochs": "5"},
)
further.fit(channels("more"), logs=False)
further.model_data

# %% tags=["v3"]
further = launch.model_trainer(
    model_id,
    role=role,
    session=session,
    bucket=bucket,
    model_uri=model_data,
    hyperparameters=settings | {"epochs": "5"},
)
further.train(launch.sdk_v3.inputs(channels("more")), wait=True, logs=False)
further._latest_training_job.model_artifacts.s3_model_artifacts

# %% tags=["local"]
further = LocalEstimator(
    model_id,
    model_uri=estimator.model_data,
    hyperparameters=settings | {"epochs": "5"},
    output_path="jobs",
)
further.fit({"training": str(pictures / "more"), "test": str(pictures / "test")}, logs=False)
[line for line in further.latest_training_job.log if line.startswith("- Test accuracy")]
