# %% [markdown] tags=["v2"]
# # Choose a pretrained classifier and try it on SageMaker, with SDK v2
#
# The first half of AWS's JumpStart notebook for *Image Classification - TensorFlow*: find a model,
# read what is known about it, deploy it as it is, and ask it. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v2,imagenet]" matplotlib

# %% [markdown] tags=["v3"]
# # Choose a pretrained classifier and try it on SageMaker, with SDK v3
#
# The first half of AWS's JumpStart notebook for *Image Classification - TensorFlow*: find a model,
# read what is known about it, deploy it as it is, and ask it. In a clone of the repository:
#
#     pip install ".[aws,sagemaker-v3,imagenet]" matplotlib

# %% [markdown] tags=["local"]
# # Choose a pretrained classifier and try it, here
#
# The first half of AWS's JumpStart notebook for *Image Classification - TensorFlow*, on this
# machine: find a model, read what is known about it, serve it as it is, and ask it. In a clone of
# the repository:
#
#     pip install ".[train,serve,imagenet]" matplotlib

# %% [markdown]
# ## Choose
#
# The catalogue answers offline. Each point is a model; what is on the left trains and answers
# faster, what is higher up sees more of a picture.

# %%
from ic_tf_sdk import specs

models = [specs.get(model_id) for model_id in specs.list_models()]
families = sorted({model.family for model in models})
f"{len(models)} models of {len(families)} families"

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(9, 5))
for number, family in enumerate(families):
    members = [model for model in models if model.family == family]
    axes.scatter(
        [model.parameters_millions for model in members],
        [model.input_height for model in members],
        label=family,
        marker="os^"[number % 3],
        color=plt.get_cmap("tab20")(number % 20),
    )
axes.set(xscale="log", xlabel="parameters, millions", ylabel="input, pixels")
axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
figure.tight_layout()

# %% [markdown]
# `list_models` filters by name, family, size and by the filter language of the SDK. Here: small
# models that name the classes of ImageNet.

# %%
small = specs.list_models(
    "pretraining_dataset == imagenet-ilsvrc-2012-cls",
    parameters_millions=(None, 6),
    input_size=(224, 260),
)
for model in map(specs.get, small):
    size = f"{model.input_height} px, {model.parameters_millions:4.2f} M"
    print(f"{model.display_name:28} {size}   {model.model_id}")

# %%
model_id, model_version = "tensorflow-ic-efficientnet-lite0-classification-2", "*"
specs.describe(model_id)

# %% [markdown] tags=["v2", "v3"]
# ## Deploy
#
# The classifier lies in a bucket of yours, to which `ic-tf publish` has brought it; it needs the
# extras `aws`, `train` and, for this model, `imagenet`:
#
#     ic-tf publish --bucket MY-BUCKET tensorflow-ic-efficientnet-lite0-classification-2
#     export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE=MY-BUCKET
#
# The role is the one that SageMaker takes on. An endpoint answers until it is deleted, and costs
# until then.

# %% [markdown] tags=["local"]
# ## Deploy
#
# The weights come with the extra `imagenet`. The first use converts them, once, which takes some
# ten seconds. The server has SageMaker's contract.

# %% tags=["v2"]
import os

from sagemaker import Session

session, role = Session(), os.environ["SAGEMAKER_ROLE"]

# %% tags=["v3"]
import os

from sagemaker.core.helper.session_helper import Session

session, role = Session(), os.environ["SAGEMAKER_ROLE"]

# %% tags=["v2", "v3"]
from ic_tf_sdk import launch, model_uris

model_data = model_uris.retrieve(
    model_id=model_id, model_version=model_version, model_scope="inference"
)
model_data

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
builder.build(model_name="pretrained")
endpoint = builder.deploy(endpoint_name="pretrained", initial_instance_count=1, wait=False)


def ask(photo):
    """The answer for a picture, with the classes' names."""
    return endpoint.invoke(photo.read_bytes(), accept="application/json;verbose").body


# %% tags=["local"]
from ic_tf_sdk.launch import LocalEndpointPredictor

predictor = LocalEndpointPredictor(model_id, endpoint_name="pretrained")


def ask(photo):
    """The answer for a picture, with the classes' names."""
    return predictor.predict(photo.read_bytes(), {"Accept": "application/json;verbose"})


# %% [markdown]
# ## Ask
#
# A photo of Grace Hopper comes with matplotlib. Put paths of your own beside it.

# %%
from pathlib import Path

from matplotlib.cbook import get_sample_data

photos = [Path(get_sample_data("grace_hopper.jpg", asfileobj=False))]

# %%
import json

from PIL import Image

for photo in photos:
    answer = json.loads(ask(photo))
    likely = sorted(zip(answer["probabilities"], answer["labels"], strict=True))[-5:]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), width_ratios=(1, 2))
    left.imshow(Image.open(photo))
    left.axis("off")
    right.barh([label for _, label in likely], [probability for probability, _ in likely])
    right.set(xlim=(0, 1), xlabel="probability")
    figure.tight_layout()

# %%
answer["predicted_label"]

# %% tags=["v2", "local"]
predictor.delete_model()
predictor.delete_endpoint()

# %% tags=["v3"]
endpoint.delete()
builder.built_model.delete()

# %% [markdown] tags=["v2"]
# Classes of your own need fine-tuning: [`fine_tune_sdk_v2.ipynb`](fine_tune_sdk_v2.ipynb).

# %% [markdown] tags=["v3"]
# Classes of your own need fine-tuning: [`fine_tune_sdk_v3.ipynb`](fine_tune_sdk_v3.ipynb).

# %% [markdown] tags=["local"]
# Classes of your own need fine-tuning: [`local_estimator.ipynb`](local_estimator.ipynb).
