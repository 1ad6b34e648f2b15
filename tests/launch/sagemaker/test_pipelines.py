"""Pipelines of the real SDK v2: what is left open passes through every helper, untouched.

The same for SDK v3 stands in ``test_sdk_v3_pipelines.py``.
"""

import json
import re
from collections.abc import Mapping
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import image_uris, launch, model_uris
from ic_tf_sdk.errors import HyperparameterError, UserError
from ic_tf_sdk.launch import transform, tuning
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, MODEL_ID, OUTPUT, ROLE
from tests.launch.sagemaker.pipeline_options import (
    OF_JOB,
    REGISTRATION,
    leave_out_place_of_checkpoints,
    resolved,
)

if not metadata.version("sagemaker").startswith("2."):
    pytest.skip("needs the SageMaker SDK v2", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

ARCHIVE = f"{OUTPUT}/job/output/model.tar.gz"
CPU = "ml.m5.xlarge"


@pytest.fixture
def session(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pipeline session, which sends nothing."""
    from sagemaker.telemetry import telemetry_logging
    from sagemaker.workflow.pipeline_context import PipelineSession

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    made = PipelineSession(default_bucket=BUCKET)
    made._default_bucket = BUCKET
    return made


def parameters() -> dict[str, Any]:
    """A variable of each kind."""
    from sagemaker.workflow import parameters as kinds
    from sagemaker.workflow.functions import Join
    from sagemaker.workflow.properties import Properties

    text = kinds.ParameterString("P", default_value="s3://bkt/x")
    return {
        "text": text,
        "machine": kinds.ParameterString("P", default_value="ml.g5.xlarge"),
        "whole": kinds.ParameterInteger("P", default_value=3),
        "real": kinds.ParameterFloat("P", default_value=0.01),
        "flag": kinds.ParameterBoolean("P", default_value=True),
        "join": Join(on="/", values=["s3://bkt", text]),
        "step": Properties(step_name="P", path="Artifacts", shape_name="S3Uri"),
    }


def fitted(session: Any, channels: Mapping[str, Any], **options: Any) -> Any:
    """The training step of the helper, and its job."""
    from sagemaker.workflow.steps import TrainingStep

    made = launch.estimator(MODEL_ID, **{"role": ROLE, "session": session, **options})
    return TrainingStep("Train", step_args=made.fit(channels))


@pytest.mark.parametrize("option", OF_JOB)
def test_an_estimator_hands_on_every_variable_of_a_job(
    option: str, session: Any, content: None
) -> None:
    """The plain request and the step of the SDK hold the same, variables included."""
    options = {"role": ROLE, "output_path": OUTPUT, **OF_JOB[option](parameters())}
    step = resolved(fitted(session, DATA, **options).to_request()["Arguments"])
    assert re.search(r'"(Parameters|Steps)\.P\b', json.dumps(step))
    leave_out_place_of_checkpoints(options, step)
    job = launch.training_job(MODEL_ID, **options)
    plain = resolved(job.create_training_job(job_name="x", channels=DATA))
    del plain["TrainingJobName"], plain["HyperParameters"]["sagemaker_job_name"]
    assert plain == step


def test_a_channel_may_be_left_open(session: Any) -> None:
    uri = parameters()["text"]
    step = resolved(fitted(session, {"training": uri}).to_request()["Arguments"])
    job = launch.training_job(MODEL_ID, role=ROLE, output_path=f"s3://{BUCKET}/output")
    plain = resolved(job.create_training_job(job_name="x", channels={"training": uri}))
    assert plain["InputDataConfig"] == step["InputDataConfig"]


def test_the_image_goes_by_the_default_value_of_the_instance_type(session: Any) -> None:
    from sagemaker.workflow.parameters import ParameterString

    for default, processor in ((CPU, "cpu"), ("ml.g5.xlarge", "gpu")):
        machine = ParameterString("P", default_value=default)
        made = launch.estimator(MODEL_ID, role=ROLE, session=session, instance_type=machine)
        assert made.image_uri.endswith(f"-{processor}-py39")
        model = launch.model(ARCHIVE, MODEL_ID, role=ROLE, instance_type=machine, session=session)
        assert model.image_uri.endswith(f"-{processor}-py312")


def test_what_is_looked_up_now_is_refused_in_a_sentence(session: Any) -> None:
    given = parameters()
    for name in ("region", "bucket", "model_version", "base_job_name"):
        with pytest.raises(UserError, match=f"{name} cannot be a pipeline variable"):
            fitted(session, DATA, **{name: given["text"]})
    with pytest.raises(UserError, match="model_id cannot be a pipeline variable"):
        launch.training_job(given["text"], role=ROLE, output_path=OUTPUT)
    with pytest.raises(UserError, match="model_id cannot be a pipeline variable"):
        launch.model(ARCHIVE, given["text"], role=ROLE, instance_type=CPU, session=session)
    with pytest.raises(UserError, match="role cannot be a pipeline variable"):
        launch.model(ARCHIVE, MODEL_ID, role=given["text"], instance_type=CPU, session=session)
    with pytest.raises(UserError, match=r"instance_type is looked up now.*default_value"):
        fitted(session, DATA, instance_type=given["step"])
    with pytest.raises(UserError, match="max_wait_seconds is made of max_run_seconds"):
        fitted(session, DATA, spot=True, max_run_seconds=given["whole"])
    with pytest.raises(UserError, match="checkpoint_s3_uri is made of output_path"):
        launch.training_job(MODEL_ID, role=ROLE, output_path=given["join"], spot=True)
    with pytest.raises(UserError, match="`model_id` cannot be a pipeline variable"):
        model_uris.retrieve(model_id=given["text"], model_version="*", model_scope="training")


def test_what_is_known_is_checked_beside_what_is_left_open(session: Any) -> None:
    left_open = parameters()["whole"]
    wrong = {"epochs": left_open, "epoch": left_open, "learning_rate": 7}
    with pytest.raises(HyperparameterError) as refused:
        fitted(session, DATA, hyperparameters=wrong)
    assert len(refused.value.problems) == 2
    # Whether it is binary is known when the pipeline runs.
    open_mode = {"binary_mode": left_open, "eval_metric": "auc"}
    fitted(session, DATA, hyperparameters=open_mode)
    with pytest.raises(HyperparameterError, match="pipeline variable"):
        launch.LocalEstimator(MODEL_ID, hyperparameters={"epochs": left_open})


def test_preflight_says_what_it_could_not_look_at(session: Any, content: None) -> None:
    given = parameters()
    found = launch.preflight(
        MODEL_ID,
        role=given["text"],
        channels={"training": given["step"]},
        bucket=BUCKET,
        hyperparameters={"epochs": given["whole"], "binary_mode": given["flag"]},
    )
    assert {finding.subject for finding in found if "pipeline variable" in finding.text} == {
        "role",
        "training",
    }
    assert {finding.severity for finding in found} == {"warning"}


def test_image_uris_takes_a_parameter_by_its_default_value_as_the_sdk_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sagemaker import image_uris as the_sdks
    from sagemaker.workflow.parameters import ParameterString

    plain: dict[str, Any] = {
        "framework": "tensorflow",
        "region": "us-west-2",
        "version": "2.19",
        "py_version": "py312",
        "instance_type": "ml.g5.xlarge",
        "image_scope": "training",
    }
    wanted = image_uris.retrieve(**plain)
    for name, value in plain.items():
        left_open = {**plain, name: ParameterString("P", default_value=value)}
        assert image_uris.retrieve(**left_open) == the_sdks.retrieve(**left_open) == wanted, name
    of_model = {"model_id": MODEL_ID, "model_version": "*", "image_scope": "inference"}
    where = {"framework": None, "region": "eu-west-1", "instance_type": CPU, **of_model}
    for name in of_model:
        left_open = {**where, name: ParameterString("P", default_value=where[name])}
        assert image_uris.retrieve(**left_open) == image_uris.retrieve(**where), name


def test_a_tuning_job_hands_on_variables(session: Any) -> None:
    from sagemaker.workflow.steps import TuningStep

    given = parameters()
    made = launch.estimator(
        MODEL_ID, role=ROLE, session=session, hyperparameters={"epochs": given["whole"]}
    )
    tuner = launch.tuner(
        made,
        ranges={
            "batch_size": tuning.Integer(8, given["whole"]),
            "learning_rate": tuning.Real(given["real"], 0.1),
            "optimizer": tuning.Categorical(("adam", given["text"])),
        },
        objective=given["text"],
        max_jobs=given["whole"],
        tags={"team": given["text"]},
    )
    step = resolved(TuningStep("Tune", step_args=tuner.fit(DATA)).to_request()["Arguments"])
    text = json.dumps(step)
    # Objective, number of jobs, three ranges, a static hyperparameter and a tag.
    assert text.count("Parameters.P") == 7
    with pytest.raises(HyperparameterError, match="cannot be 0"):
        tuning.checked({"batch_size": tuning.Integer(0, given["whole"])})


def test_a_model_hands_on_variables(session: Any) -> None:
    from sagemaker.workflow.model_step import ModelStep

    given = parameters()
    made = launch.model(
        given["step"],
        MODEL_ID,
        role=ROLE,
        instance_type=given["machine"],
        session=session,
        environment={"NAME": given["text"]},
        subnets=[given["text"]],
        security_group_ids=[given["text"]],
        network_isolation=given["flag"],
    )
    step = ModelStep("Create", step_args=made.create(instance_type=CPU))
    [request] = step.request_dicts()
    assert resolved(request["Arguments"]) == {
        "ExecutionRoleArn": ROLE,
        "EnableNetworkIsolation": {"Get": "Parameters.P"},
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


def flowers(session: Any) -> SimpleNamespace:
    """A pipeline of train, evaluate, register and deploy: its ``steps``, and what it is made of."""
    from sagemaker.lambda_helper import Lambda
    from sagemaker.workflow.lambda_step import LambdaStep
    from sagemaker.workflow.model_step import ModelStep
    from sagemaker.workflow.parameters import ParameterInteger, ParameterString
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import TransformStep

    epochs = ParameterInteger("Epochs", default_value=3)
    data = ParameterString("Data", default_value=DATA["training"])
    photos = ParameterString("Photos", default_value="s3://bkt/photos/")
    options: dict[str, Any] = {"output_path": OUTPUT, "hyperparameters": {"epochs": epochs}}
    train = fitted(session, {"training": data}, **options)
    trained = train.properties.ModelArtifacts.S3ModelArtifacts
    model = launch.model(trained, MODEL_ID, role=ROLE, instance_type=CPU, session=session)
    create = ModelStep("Create", step_args=model.create(instance_type=CPU))
    where: dict[str, Any] = {"images": photos, "output": f"{OUTPUT}/answers", "instance_type": CPU}
    name = create.properties.ModelName
    evaluate = TransformStep(
        "Evaluate", step_args=transform.batch_transform(name, session=session, **where)
    )
    register = ModelStep(
        "Register",
        step_args=model.register(**REGISTRATION),
    )
    function = Lambda(function_arn="arn:aws:lambda:us-west-2:123456789012:function:deploy")
    deploy = LambdaStep("Deploy", lambda_func=function, inputs={"model_name": name})
    pipeline = Pipeline(
        "Flowers",
        parameters=[epochs, data, photos],
        steps=[train, create, evaluate, register, deploy],
        sagemaker_session=session,
    )
    steps = {step["Name"]: step for step in json.loads(pipeline.definition())["Steps"]}
    return SimpleNamespace(
        steps=steps, options=options, data=data, where=where, image=model.image_uri
    )


def test_a_pipeline_of_train_evaluate_register_and_deploy_is_the_plain_requests(
    session: Any,
) -> None:
    made = flowers(session)
    steps = made.steps
    job = launch.training_job(MODEL_ID, role=ROLE, **made.options)
    plain = job.create_training_job(job_name="x", channels={"training": made.data})
    del plain["TrainingJobName"], plain["HyperParameters"]["sagemaker_job_name"]
    assert steps["Train"]["Arguments"] == resolved(plain)
    container = {
        "Image": made.image,
        "Environment": {},
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
    }
    assert steps["Create-CreateModel"]["Arguments"] == {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": container,
        "EnableNetworkIsolation": True,
    }
    created = {"Get": "Steps.Create-CreateModel.ModelName"}
    plain = transform.create_transform_job(job_name="x", model_name=created, **made.where)
    del plain["TransformJobName"]
    assert plain["MaxPayloadInMB"] * plain["MaxConcurrentTransforms"] <= 100
    assert steps["Evaluate"]["Arguments"] == resolved(plain)
    registered = steps["Register-RegisterModel"]["Arguments"]
    assert registered["InferenceSpecification"]["Containers"] == [container]
    assert steps["Deploy"]["Arguments"] == {"model_name": created}
