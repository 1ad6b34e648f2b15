"""Fine-tune, deploy and query an image classifier on SageMaker, as AWS's notebooks do.

The retrieve functions come from ic_tf_sdk; the SageMaker SDK (version 2) takes their answers. In a
clone of the repository:

    pip install ".[aws,sagemaker-v2]"
    ic-tf publish --bucket MY-BUCKET tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4
    export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE=MY-BUCKET SAGEMAKER_ROLE=arn:aws:iam::...
    python examples/fine_tune_on_sagemaker.py photo.jpg ...

Without the override everything points to AWS's public content, and AWS's own script runs. With the
override, `from sagemaker import hyperparameters, ...` gives the same job.
"""

import json
import os
import sys
from pathlib import Path

import boto3

try:
    from sagemaker.estimator import Estimator
except ImportError:
    sys.exit(
        'This is written for version 2 of the SageMaker SDK: pip install ".[aws,sagemaker-v2]"'
    )
from sagemaker.session import Session
from sagemaker.utils import name_from_base

from ic_tf_sdk import hyperparameters, image_uris, model_uris, script_uris

role = os.environ["SAGEMAKER_ROLE"]
model_id = os.environ.get(
    "MODEL_ID", "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
)
model_version = "*"
# As AWS's notebooks have it. AWS takes P3 out of service: take "ml.g4dn.xlarge" in your own job,
# the nearest in GPU memory. `ic-tf check --instance-type ml.p3.2xlarge` says it of any type.
training_instance_type = "ml.p3.2xlarge"
inference_instance_type = "ml.m5.xlarge"

session = Session()
region = session.boto_region_name
public_data = f"s3://jumpstart-cache-prod-{region}/training-datasets/tf_flowers/"
training_data = os.environ.get("TRAINING_DATA", public_data)

# What to train with: image, script, weights.
train_image_uri = image_uris.retrieve(
    region=None,
    framework=None,
    model_id=model_id,
    model_version=model_version,
    image_scope="training",
    instance_type=training_instance_type,
)
train_source_uri = script_uris.retrieve(
    model_id=model_id, model_version=model_version, script_scope="training"
)
train_model_uri = model_uris.retrieve(
    model_id=model_id, model_version=model_version, model_scope="training"
)

settings = hyperparameters.retrieve_default(model_id=model_id, model_version=model_version)
settings["epochs"] = "10"
# A few hundred photos are enough for a new top layer, not for the whole network.
settings["train_only_on_top"] = "True"
hyperparameters.validate(model_id=model_id, model_version=model_version, hyperparameters=settings)

estimator = Estimator(
    role=role,
    image_uri=train_image_uri,
    source_dir=train_source_uri,
    model_uri=train_model_uri,
    entry_point="transfer_learning.py",
    instance_count=1,
    instance_type=training_instance_type,
    max_run=360000,
    hyperparameters=settings,
    output_path=f"s3://{session.default_bucket()}/output",
    base_job_name="ic-tf-example",
    sagemaker_session=session,
)
estimator.fit({"training": training_data}, logs=True)

# What to serve with.
deploy_image_uri = image_uris.retrieve(
    region=None,
    framework=None,
    model_id=model_id,
    model_version=model_version,
    image_scope="inference",
    instance_type=inference_instance_type,
)
deploy_source_uri = script_uris.retrieve(
    model_id=model_id, model_version=model_version, script_scope="inference"
)
endpoint_name = name_from_base("ic-tf-example")
predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type=inference_instance_type,
    entry_point="inference.py",
    source_dir=deploy_source_uri,
    image_uri=deploy_image_uri,
    endpoint_name=endpoint_name,
)

predictions = {}
for photo in sys.argv[1:]:
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint_name,
        ContentType="application/x-image",
        Accept="application/json;verbose",
        Body=Path(photo).read_bytes(),
    )
    predictions[photo] = json.loads(answer["Body"].read())["predicted_label"]
    print(f"{photo}: {predictions[photo]}")

predictor.delete_model()
predictor.delete_endpoint()
