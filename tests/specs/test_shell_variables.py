"""The table of environment variables is whole: what the code reads stands in it, and no more."""

import re
from pathlib import Path

import ic_tf_sdk
from ic_tf_sdk import settings
from ic_tf_sdk.specs.shell_variables import VARIABLES

PACKAGE = Path(ic_tf_sdk.__file__).parent
# Set by SageMaker or by a job for TensorFlow, never by a user.
INNER = re.compile("SM_.*|TF_CONFIG")
# Read by the libraries that print.
OF_LIBRARIES = {"NO_COLOR", "COLUMNS"}
# A choice of ours, which MLflow keeps in the environment of the process.
OURS = re.compile("MLFLOW_(HTTP|SUPPRESS|DISABLE|ENABLE)_.*")


def read_in_the_code():
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "shell_variables.py":
            text = path.read_text(encoding="utf-8")
            found |= set(
                re.findall(r'"((?:IC_TF_SDK|SM|AWS|TF|TFHUB|KAGGLE|MLFLOW)_[A-Z_]+)"', text)
            )
    return {name for name in found if not (INNER.fullmatch(name) or OURS.fullmatch(name))}


def test_what_the_code_reads_is_in_the_table():
    names = {one.name for one in VARIABLES}
    buckets = {name for name in names if name.endswith("_BUCKET_OVERRIDE")}
    assert len(buckets) == 3
    assert names - buckets - OF_LIBRARIES == read_in_the_code()


def test_every_setting_has_its_variable():
    assert {one.setting for one in VARIABLES if one.setting} == set(settings.__all__)
    for one in VARIABLES:
        assert not one.setting or f"``{one.name}``" in (settings.__doc__ or "")


def test_what_names_places_accounts_or_secrets_is_not_shown_to_anybody():
    hidden = {one.name for one in VARIABLES if not one.is_plain}
    assert hidden == {
        *("IC_TF_SDK_ALLOWED_HOSTS", "IC_TF_SDK_ENDPOINT_TOKEN", "IC_TF_SDK_ENDPOINT_TOKEN_FILE"),
        *(f"AWS_JUMPSTART_{kind}_BUCKET_OVERRIDE" for kind in ("CONTENT", "MODEL", "SCRIPT")),
        *("AWS_DEFAULT_PROFILE", "AWS_PROFILE", "AWS_CONFIG_FILE", "MLFLOW_TRACKING_URI"),
    }
