"""A job's options where nothing is said, and how they are refused."""

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, validated
from tests.launch.sagemaker.job_options import OUTPUT, ROLE

MUST = {"role": ROLE, "output_path": OUTPUT}


def test_a_job_is_one_instance_isolated_and_encrypted_where_nothing_is_said() -> None:
    given = validated(MUST)
    assert (given["instance_count"], given["volume_size_gb"]) == (1, 30)
    assert given["network_isolation"] is given["encrypt_inter_container_traffic"] is True
    assert given["spot"] is False
    assert given["input_mode"] == "File"
    assert {name for name, value in DEFAULTS.items() if value is None} == {
        *("region", "bucket", "model_uri", "hyperparameters", "instance_type", "kms_key"),
        *("max_run_seconds", "max_wait_seconds", "checkpoint_s3_uri", "base_job_name"),
        "keep_alive_period_in_seconds",
    }


def test_a_name_has_36_characters_at_most() -> None:
    assert validated({**MUST, "base_job_name": "x" * 36})["base_job_name"] == "x" * 36
    with pytest.raises(UserError, match="base_job_name"):
        validated({**MUST, "base_job_name": "x" * 37})


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(UserError) as refused:
        validated({**MUST, "instance_count": 0, "spot": "perhaps"})
    assert "instance_count" in str(refused.value)
    assert "spot" in str(refused.value)
