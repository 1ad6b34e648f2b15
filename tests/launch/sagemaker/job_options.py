"""Jobs that both lines of the SDK are compared over."""

from typing import Any

from tests.aws import BUCKET

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
ROLE = "arn:aws:iam::123456789012:role/training"
OUTPUT = f"s3://{BUCKET}/output"
DATA = {"training": f"s3://{BUCKET}/pictures/", "validation": f"s3://{BUCKET}/more/"}

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "own bucket": {"bucket": BUCKET},
    "network": {"network_isolation": False, "encrypt_inter_container_traffic": False},
    "spot": {"spot": True, "max_run_seconds": 3600},
    "further": {"model_uri": f"{OUTPUT}/earlier/output/model.tar.gz", "bucket": BUCKET},
    "hosts": {"bucket": BUCKET, "instance_count": 2},
    "volume": {"bucket": BUCKET, "volume_size_gb": 90},
    "warm": {"keep_alive_period_in_seconds": 600, "environment": {"TF_CPP_MIN_LOG_LEVEL": "0"}},
    "streamed": {"input_mode": "FastFile", "bucket": BUCKET},
    "tags of the SDK": {"tags": [{"Key": "team", "Value": "vision"}]},
    "company": {
        "tags": {"team": "vision"},
        "subnets": ("subnet-1",),
        "security_group_ids": ("sg-1",),
        "kms_key": "arn:aws:kms:us-west-2:123456789012:key/k",
    },
}
