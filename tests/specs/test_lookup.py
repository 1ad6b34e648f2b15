"""What every mirrored function asks of its arguments, and flagged models."""

from functools import partial

import pytest

from ic_tf_sdk import (
    accept_types,
    content_types,
    environment_variables,
    hyperparameters,
    image_uris,
    instance_types,
    metric_definitions,
    model_uris,
    payloads,
    resource_requirements,
    script_uris,
)
from ic_tf_sdk.errors import (
    DeprecatedModelError,
    MissingArgumentError,
    UnsupportedArgumentError,
    VulnerableModelError,
)
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.lookup import Call, refuse_flagged

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


class PipelineVariable:
    """As of the SDK: it is known by its name."""


CALL = {"model_id": MODEL, "model_version": "*", "region": "us-west-2"}
FUNCTIONS = {
    "accept_types": accept_types.retrieve_default,
    "every accept type": accept_types.retrieve_options,
    "content_types": content_types.retrieve_default,
    "every content type": content_types.retrieve_options,
    "environment_variables": environment_variables.retrieve_default,
    "hyperparameters": hyperparameters.retrieve_default,
    "validate": partial(hyperparameters.validate, hyperparameters={}),
    "image_uris": partial(
        image_uris.retrieve, None, image_scope="training", instance_type="ml.g5.xlarge"
    ),
    "instance_types": partial(instance_types.retrieve_default, scope="training"),
    "every instance type": partial(instance_types.retrieve, scope="training"),
    "metric_definitions": metric_definitions.retrieve_default,
    "model_uris": partial(model_uris.retrieve, model_scope="training"),
    "payloads": payloads.retrieve_default,
    "resource_requirements": partial(resource_requirements.retrieve_default, scope="inference"),
    "script_uris": partial(script_uris.retrieve, script_scope="training"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("flags", "tolerated", "error"),
    [
        ({"deprecated": True}, "tolerate_deprecated_model", DeprecatedModelError),
        (
            {
                "training_vulnerable": True,
                "training_vulnerabilities": ("CVE-1",),
                "inference_vulnerable": True,
                "inference_vulnerabilities": ("CVE-1",),
            },
            "tolerate_vulnerable_model",
            VulnerableModelError,
        ),
    ],
    ids=["deprecated", "vulnerable"],
)
def test_every_function_refuses_a_flagged_model_unless_it_is_told_to_tolerate_it(
    monkeypatch, function, flags, tolerated, error
):
    usual = FUNCTIONS[function](**CALL)
    flagged = catalogue.record(MODEL)._replace(**flags)
    monkeypatch.setattr(catalogue, "record", lambda *_: flagged)
    with pytest.raises(error):
        FUNCTIONS[function](**CALL)
    assert FUNCTIONS[function](**CALL, **{tolerated: True}) == usual


@pytest.mark.parametrize("name", ["model_id", "model_version", "region"])
def test_what_is_looked_up_now_cannot_be_a_variable_of_a_pipeline(name):
    with pytest.raises(UnsupportedArgumentError, match=rf"^`{name}` cannot be a pipeline variable"):
        hyperparameters.retrieve_default(**CALL | {name: PipelineVariable()})


@pytest.mark.parametrize("name", ["model_id", "model_version"])
def test_a_missing_name_is_asked_for(name):
    with pytest.raises(MissingArgumentError, match=f"needs `{name}`;"):
        hyperparameters.retrieve_default(**CALL | {name: None})


@pytest.mark.parametrize("given", [{"hub_arn": "arn:x"}, {"config_name": "x"}, {"model_type": "x"}])
def test_what_has_a_meaning_in_the_sdk_only_is_refused_by_name(given):
    [name] = given
    with pytest.raises(UnsupportedArgumentError, match=f"^`{name}`"):
        hyperparameters.retrieve_default(**CALL | given)


@pytest.mark.parametrize("flag", ["deprecated", "training_vulnerable"])
def test_a_flagged_model_is_tolerated_by_nobody_who_does_not_say_so(monkeypatch, flag):
    flagged = catalogue.record(MODEL)._replace(**{flag: True})
    monkeypatch.setattr(catalogue, "record", lambda *_: flagged)
    with pytest.raises((DeprecatedModelError, VulnerableModelError)):
        Call(MODEL, "*", "us-west-2").find("files")
