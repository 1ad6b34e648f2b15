"""SDK v3's own ways to JumpStart models, unmodified, on a private hub and on the catalogue.

They build the requests of this package's helpers, but for what ``jumpstart_requests.py`` lists.
SDK v3 cannot be installed beside v2: ``nox -s sdk_v3`` runs this in an environment of its own.
"""

import functools
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import launch, model_uris, specs
from ic_tf_sdk.content import private_hub
from ic_tf_sdk.launch.sagemaker import sdk_v3
from ic_tf_sdk.specs.export import export_catalogue
from ic_tf_sdk.specs.source import named
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, ROLE
from tests.launch.sagemaker.jumpstart_requests import HUB, trained_by_v3, variables
from tests.rehearsal.control_plane import ControlPlane, running

if not metadata.version("sagemaker").startswith("3."):
    pytest.skip("needs the SageMaker SDK v3: nox -s sdk_v3", allow_module_level=True)

from tests.launch.sagemaker.test_sdk_v3 import as_v3_sends_it

# One id is documented on a page of AWS alone, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning"
)

OUTPUT = f"s3://{BUCKET}/jumpstart"
CPU = "ml.m5.large"
TRAINING = {"training": DATA["training"]}


@pytest.fixture(scope="module")
def server() -> Iterator[ControlPlane]:
    """One for all tests: SDK v3 keeps the first client that it made, with its address."""
    with running() as made:
        yield made


@pytest.fixture
def plane(
    aws: str, s3: Any, server: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ControlPlane:
    from sagemaker.core import common_utils
    from sagemaker.core.telemetry import telemetry_logging

    # Its own switch, a configuration file, is checked anew by each of its objects: seconds.
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    # With a hub it reads botocore's table of regions for each question: a third of a second.
    resolver = functools.cache(common_utils._botocore_resolver)
    monkeypatch.setattr(common_utils, "_botocore_resolver", resolver)
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", BUCKET)
    monkeypatch.setattr(private_hub, "_PAUSE_SECONDS", 0.0)
    export_catalogue(tmp_path / "catalogue", source=named("published"))
    for kind in ("MANIFEST", "SPECS"):
        name = f"AWS_JUMPSTART_{kind}_LOCAL_ROOT_DIR_OVERRIDE"
        monkeypatch.setenv(name, str(tmp_path / "catalogue"))
    private_hub.publish_hub(HUB, bucket=BUCKET)
    server.requests.clear()
    return server


@pytest.fixture
def session(plane: ControlPlane) -> Any:
    """A session that knows its caller: the SDK asks for it at an address of AWS."""
    from sagemaker.core.helper.session_helper import Session

    class Known(Session):  # type: ignore[misc]
        def get_caller_identity_arn(self) -> str:
            return ROLE

        def account_id(self) -> str:
            return "123456789012"

    return Known(default_bucket=BUCKET)


def test_every_model_of_a_private_hub_trains_as_the_helpers_job_does(
    plane: ControlPlane, session: Any
) -> None:
    from sagemaker.core.jumpstart import JumpStartConfig
    from sagemaker.core.training.configs import OutputDataConfig
    from sagemaker.train import ModelTrainer

    for model_id in specs.model_ids():
        theirs = ModelTrainer.from_jumpstart_config(
            JumpStartConfig(model_id=model_id, hub_name=HUB),
            role=ROLE,
            sagemaker_session=session,
            # The default name is cut off at 63 characters, and with it the time.
            base_job_name="flowers",
            output_data_config=OutputDataConfig(s3_output_path=OUTPUT),
        )
        plane.requests.clear()
        theirs.train(sdk_v3.inputs(TRAINING), wait=False)
        [sent] = plane.sent("CreateTrainingJob")
        job = launch.training_job(model_id, role=ROLE, output_path=OUTPUT)
        # What the helper's trainer sends, as test_sdk_v3.py holds it.
        ours = as_v3_sends_it(job, sent["TrainingJobName"], "flowers", TRAINING)
        assert sent == trained_by_v3(ours, model_id), model_id
    print(f"{len(specs.model_ids())} models compared, 0 unexplained differences")


@pytest.mark.parametrize("hub", [HUB, None], ids=["private hub", "no hub"])
def test_a_model_builder_deploys_the_models_of_hub_and_catalogue(
    hub: str | None, plane: ControlPlane, session: Any
) -> None:
    from sagemaker.core.jumpstart import JumpStartConfig
    from sagemaker.core.training.configs import Compute
    from sagemaker.serve import ModelBuilder

    model_ids = specs.model_ids()
    for model_id in model_ids:
        builder = ModelBuilder.from_jumpstart_config(
            JumpStartConfig(model_id=model_id, hub_name=hub),
            role_arn=ROLE,
            sagemaker_session=session,
            compute=Compute(instance_type=CPU, instance_count=1),
        )
        plane.requests.clear()
        builder.build(model_name="theirs")
        [model] = plane.sent("CreateModel")
        archive = model_uris.retrieve(model_id=model_id, model_version="*", model_scope="inference")
        plane.requests.clear()
        ours = sdk_v3.model_builder(
            archive, model_id, role=ROLE, instance_type=CPU, session=session
        )
        ours.build(model_name="theirs")
        [wanted] = plane.sent("CreateModel")
        container = wanted["PrimaryContainer"]
        # It names the archive by the newer of the API's two ways.
        del container["ModelDataUrl"]
        source = {"S3Uri": archive, "S3DataType": "S3Object", "CompressionType": "Gzip"}
        access = {"ModelAccessConfig": {"AcceptEula": False}}
        container["ModelDataSource"] = {"S3DataSource": source | access}
        container["Environment"] = variables(model_id) | {
            "SAGEMAKER_SUBMIT_DIRECTORY": "",
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "us-west-2",
        }
        assert model == wanted, model_id
    print(f"{len(model_ids)} models compared, 0 unexplained differences")
