"""Deprecated and vulnerable models: refused, or tolerated."""

import pytest

from ic_tf_sdk.errors import DeprecatedModelError, VulnerableModelError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.lookup import refuse_flagged

MODEL = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


def refuse(flags, scope="training", **tolerate):
    """What `refuse_flagged` makes of a record with these flags; None where it lets it pass."""
    allowed = {"tolerate_deprecated": False, "tolerate_vulnerable": False} | tolerate
    return refuse_flagged(catalogue.record(MODEL)._replace(**flags), scope, **allowed)


def test_model_without_flags_passes():
    assert refuse({}) is None


def test_deprecated_model_is_refused_with_its_message_unless_tolerated():
    with pytest.raises(DeprecatedModelError, match="is deprecated; choose another") as caught:
        refuse({"deprecated": True})
    assert isinstance(caught.value, ValueError)
    with pytest.raises(DeprecatedModelError, match=r"take v2\. tolerate_deprecated_model"):
        refuse({"deprecated": True, "deprecated_message": "take v2."})
    refuse({"deprecated": True}, tolerate_deprecated=True)


def test_vulnerable_script_is_refused_for_its_own_scope_unless_tolerated():
    flags = {"training_vulnerable": True, "training_vulnerabilities": ["CVE-1", "CVE-2"]}
    with pytest.raises(VulnerableModelError, match="CVE-1, CVE-2"):
        refuse(flags)
    refuse(flags, scope="inference")
    refuse(flags, tolerate_vulnerable=True)
