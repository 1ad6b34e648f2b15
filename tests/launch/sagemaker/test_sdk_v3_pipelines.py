"""Pipelines of the real SDK v3, as ``test_pipelines.py`` has them of v2; ``nox -s sdk_v3``."""

import json
import re
from collections.abc import Iterator
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import image_uris, launch
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import transform, tuning
from ic_tf_sdk.launch.sagemaker import sdk_v3
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OUTPUT, ROLE
from tests.launch.sagemaker.pipeline_options import (
    OF_JOB,
    REGISTRATION,
    leave_out_place_of_checkpoints,
    resolved,
)

if not metadata.version("sagemaker").startswith("3."):
    pytest.skip("needs the SageMaker SDK v3: nox -s sdk_v3", allow_module_level=True)

from tests.launch.sagemaker.test_sdk_v3 import as_v3_sends_it

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

CPU = "ml.m5.xlarge"


@pytest.fixture
def session(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A pipeline session, which starts nothing."""
    from sagemaker.core.telemetry import telemetry_logging
    from sagemaker.core.workflow.pipeline_context import PipelineSession

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    made = PipelineSession(default_bucket=BUCKET)
    made._default_bucket = BUCKET
    made.trainers = []
    yield made
    # In a pipeline the SDK leaves the folder of its drivers to the garbage collector.
    for trainer in made.trainers:
        trainer._temp_code_dir.cleanup()


def parameters() -> dict[str, Any]:
    """A variable of each kind."""
    from sagemaker.core.workflow import parameters as kinds
    from sagemaker.core.workflow.functions import Join
    from sagemaker.core.workflow.properties import Properties

    text = kinds.ParameterString(name="P", default_value="s3://bkt/x")
    return {
        "text": text,
        "machine": kinds.ParameterString(name="P", default_value="ml.g5.xlarge"),
        "whole": kinds.ParameterInteger(name="P", default_value=3),
        "real": kinds.ParameterFloat(name="P", default_value=0.01),
        "flag": kinds.ParameterBoolean(name="P", default_value=True),
        "join": Join(on="/", values=["s3://bkt", text]),
        "step": Properties(step_name="P", path="Artifacts", shape_name="S3Uri"),
    }


def trained(session: Any, channels: dict[str, Any], **options: Any) -> Any:
    """The training step of the helper."""
    from sagemaker.mlops.workflow.steps import TrainingStep

    made = launch.model_trainer(MODEL_ID, **{"role": ROLE, "session": session, **options})
    step = TrainingStep(name="Train", step_args=made.train(sdk_v3.inputs(channels)))
    session.trainers.append(made)
    return step


def plain_step(step: dict[str, Any], channels: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The plain request as v3's step has it; names of its own are taken out of the step."""
    job = launch.training_job(MODEL_ID, **options)
    drivers = step["InputDataConfig"][-1]["DataSource"]["S3DataSource"].pop("S3Uri")
    assert drivers.endswith("/input/sm_drivers")
    plain = as_v3_sends_it(job, "x", "x", channels)
    del plain["TrainingJobName"]
    del plain["InputDataConfig"][-1]["DataSource"]["S3DataSource"]["S3Uri"]
    plain["HyperParameters"] = {
        name: value if isinstance(value, str) else value.to_string()
        for name, value in plain["HyperParameters"].items()
    }
    return dict(resolved(plain))


# SDK v3's classes take plain values alone.
PLAIN = {
    *("role", "volume_size_gb", "max_run_seconds", "max_wait_seconds", "spot"),
    *("network_isolation", "encryption"),
}


@pytest.mark.parametrize("option", [name for name in OF_JOB if name not in PLAIN])
def test_a_trainer_hands_on_every_variable_of_a_job(
    option: str, session: Any, content: None
) -> None:
    options = {"role": ROLE, "output_path": OUTPUT, **OF_JOB[option](parameters())}
    step = resolved(trained(session, DATA, **options).to_request()["Arguments"])
    assert re.search(r'"(Parameters|Steps)\.P\b', json.dumps(step))
    leave_out_place_of_checkpoints(options, step)
    assert step == plain_step(step, DATA, **options)


@pytest.mark.parametrize("option", sorted(PLAIN))
def test_what_sdk_v3_takes_as_plain_values_alone_is_refused_in_a_sentence(
    option: str, session: Any
) -> None:
    """The SDK's own words are pydantic's; where it takes a variable one day, this fails."""
    options = {"output_path": OUTPUT, **OF_JOB[option](parameters())}
    with pytest.raises(UserError, match=r"cannot be a pipeline variable .*SDK v3"):
        trained(session, DATA, **options)
    with pytest.raises(ValueError, match="validation error") as the_sdks:
        _sdks_own(option, parameters())
    assert "input_type=Parameter" in str(the_sdks.value)


def _sdks_own(option: str, given: dict[str, Any]) -> None:
    from sagemaker.core.training import configs
    from sagemaker.train import ModelTrainer

    if option == "role":
        ModelTrainer(training_image="i", role=given["text"])
    elif option == "volume_size_gb":
        configs.Compute(instance_type=CPU, volume_size_in_gb=given["whole"])
    elif option == "spot":
        configs.Compute(instance_type=CPU, enable_managed_spot_training=given["flag"])
    elif option == "max_run_seconds":
        configs.StoppingCondition(max_runtime_in_seconds=given["whole"])
    elif option == "max_wait_seconds":
        configs.StoppingCondition(max_wait_time_in_seconds=given["whole"])
    elif option == "network_isolation":
        configs.Networking(enable_network_isolation=given["flag"])
    else:
        configs.Networking(enable_inter_container_traffic_encryption=given["flag"])


def test_a_tuning_job_hands_on_variables(session: Any) -> None:
    from sagemaker.mlops.workflow.steps import TuningStep

    given = parameters()
    tuner = sdk_v3.tuner(
        MODEL_ID,
        role=ROLE,
        session=session,
        hyperparameters={"epochs": given["whole"]},
        ranges={
            "batch_size": tuning.Integer(8, given["whole"]),
            "learning_rate": tuning.Real(given["real"], 0.1),
            "optimizer": tuning.Categorical(("adam", given["text"])),
        },
        objective=given["text"],
        tags={"team": given["text"]},
    )
    step = TuningStep(name="Tune", step_args=tuner.tune(DATA)).to_request()["Arguments"]
    # Objective, three ranges, a static hyperparameter and a tag.
    assert json.dumps(resolved(step)).count("Parameters.P") == 6
    with pytest.raises(UserError, match="max_jobs cannot be a pipeline variable"):
        sdk_v3.tuner(MODEL_ID, role=ROLE, session=session, max_jobs=given["whole"])


def test_a_model_hands_on_variables(session: Any) -> None:
    from sagemaker.mlops.workflow.model_step import ModelStep

    given = parameters()
    made = launch.model_builder(
        given["step"],
        MODEL_ID,
        role=ROLE,
        instance_type=given["machine"],
        session=session,
        environment={"NAME": given["text"]},
        subnets=[given["text"]],
        security_group_ids=[given["text"]],
    )
    step = ModelStep(name="Create", step_args=made.build(model_name="x"))
    assert resolved(step.to_request()["Arguments"]) == {
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": True,
        "VpcConfig": {
            "Subnets": [{"Get": "Parameters.P"}],
            "SecurityGroupIds": [{"Get": "Parameters.P"}],
        },
        "PrimaryContainer": {
            "Image": made.image_uri,
            "Environment": {"NAME": {"Get": "Parameters.P"}},
            "ModelDataUrl": {"Get": "Steps.P.Artifacts"},
        },
    }
    assert "-gpu-" in made.image_uri
    for name, value in {"role": given["text"], "network_isolation": given["flag"]}.items():
        options = {"role": ROLE, "instance_type": CPU, "session": session, name: value}
        with pytest.raises(UserError, match=f"{name} cannot be a pipeline variable"):
            launch.model_builder(given["step"], MODEL_ID, **options)


def test_image_uris_takes_a_parameter_by_its_default_value(session: Any) -> None:
    plain: dict[str, Any] = {
        "framework": None,
        "region": "us-west-2",
        "model_id": MODEL_ID,
        "model_version": "*",
        "image_scope": "training",
        "instance_type": "ml.g5.xlarge",
    }
    left_open = {**plain, "instance_type": parameters()["machine"]}
    assert image_uris.retrieve(**left_open) == image_uris.retrieve(**plain)


def flowers(session: Any) -> SimpleNamespace:
    """A pipeline of train, evaluate, register and deploy: its ``steps``, and what it is made of."""
    from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString
    from sagemaker.mlops.workflow import EndpointConfigStep, EndpointStep, Pipeline
    from sagemaker.mlops.workflow.model_step import ModelStep
    from sagemaker.mlops.workflow.steps import TransformStep

    epochs = ParameterInteger(name="Epochs", default_value=3)
    data = ParameterString(name="Data", default_value=DATA["training"])
    photos = ParameterString(name="Photos", default_value="s3://bkt/photos/")
    options: dict[str, Any] = {"output_path": OUTPUT, "hyperparameters": {"epochs": epochs}}
    train = trained(session, {"training": data}, **options)
    model_data = train.properties.ModelArtifacts.S3ModelArtifacts
    builder = launch.model_builder(
        model_data, MODEL_ID, role=ROLE, instance_type=CPU, session=session
    )
    create = ModelStep(name="Create", step_args=builder.build(model_name="x"))
    where: dict[str, Any] = {"images": photos, "output": f"{OUTPUT}/answers", "instance_type": CPU}
    name = create.properties.ModelName
    evaluate = TransformStep(
        name="Evaluate", step_args=transform.batch_transform(name, session=session, **where)
    )
    register = ModelStep(
        name="Register",
        step_args=builder.register(**REGISTRATION),
    )
    variant = {
        "ModelName": name,
        "VariantName": "AllTraffic",
        "InstanceType": CPU,
        "InitialInstanceCount": 1,
    }
    configure = EndpointConfigStep(
        name="Configure",
        step_args=session.create_endpoint_config(name="flowers", production_variants=[variant]),
    )
    deploy = EndpointStep(
        name="Deploy",
        step_args=session.create_endpoint(
            endpoint_name="flowers", config_name=configure.properties.EndpointConfigName
        ),
    )
    pipeline = Pipeline(
        name="Flowers",
        parameters=[epochs, data, photos],
        steps=[train, create, evaluate, register, configure, deploy],
        sagemaker_session=session,
    )
    steps = {step["Name"]: step["Arguments"] for step in json.loads(pipeline.definition())["Steps"]}
    return SimpleNamespace(
        steps=steps,
        options=options,
        data=data,
        where=where,
        image=builder.image_uri,
        variant=variant,
    )


def test_a_pipeline_of_train_evaluate_register_and_deploy_is_the_plain_requests(
    session: Any,
) -> None:
    made = flowers(session)
    steps = made.steps
    plain = plain_step(steps["Train"], {"training": made.data}, role=ROLE, **made.options)
    assert steps["Train"] == plain
    container = {
        "Image": made.image,
        "Environment": {},
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
    }
    assert steps["Create"] == {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": container,
        "EnableNetworkIsolation": True,
    }
    created = {"Get": "Steps.Create.ModelName"}
    asked = transform.create_transform_job(job_name="x", model_name=created, **made.where)
    del asked["TransformJobName"]
    assert steps["Evaluate"] == resolved(asked)
    assert steps["Register"]["InferenceSpecification"]["Containers"] == [container]
    assert steps["Configure"]["ProductionVariants"] == [{**made.variant, "ModelName": created}]
    assert steps["Deploy"]["EndpointConfigName"] == {"Get": "Steps.Configure.EndpointConfigName"}
