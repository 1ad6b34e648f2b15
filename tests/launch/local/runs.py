"""What the tests of estimators give them."""

from typing import Any

QUICK = {"epochs": "25", "train_only_on_top": "True", "learning_rate": "0.1"}

# What a notebook passes to the SDK's Estimator; nothing of it has to be taken out.
NOTEBOOK: dict[str, Any] = {
    "role": "arn:aws:iam::123456789012:role/training",
    "image_uri": "123456789012.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.21-gpu",
    "source_dir": "s3://bucket/sourcedir.tar.gz",
    "entry_point": "transfer_learning.py",
    "instance_count": 1,
    "instance_type": "ml.p3.2xlarge",
    "max_run": 360000,
}
