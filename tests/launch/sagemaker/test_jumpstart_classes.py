"""SDK v2's JumpStart classes, unmodified, on the published catalogue and on a private hub.

They build the requests of this package's helpers, but for what ``jumpstart_requests.py`` lists.
"""

import functools
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import launch, model_uris, specs
from ic_tf_sdk.content import private_hub
from ic_tf_sdk.specs.export import export_catalogue
from ic_tf_sdk.specs.source import named
from tests.aws import BUCKET
from tests.launch.sagemaker.job_options import DATA, ROLE
from tests.launch.sagemaker.jumpstart_requests import (
    HUB,
    HUB_ARN,
    tags,
    trained_by_v2,
    variables,
)
from tests.rehearsal.control_plane import ControlPlane, running

if not metadata.version("sagemaker").startswith("2."):
    pytest.skip("needs the SageMaker SDK v2", allow_module_level=True)

# One id is documented on a page of AWS alone, and says so.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning"
)

OUTPUT = f"s3://{BUCKET}/jumpstart"
EARLIER = f"s3://{BUCKET}/earlier/output/model.tar.gz"
CPU = "ml.m5.large"
# Some of the default suite, all of them in `nox -s slow`.
TENTH, FEW = 10, 60


@pytest.fixture
def plane(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ControlPlane]:
    from sagemaker import utils
    from sagemaker.jumpstart.accessors import JumpStartModelsAccessor
    from sagemaker.telemetry import telemetry_logging

    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *_, **__: None)
    monkeypatch.setattr(private_hub, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", BUCKET)
    # With a hub the SDK reads botocore's table of regions for each question: a third of a second.
    monkeypatch.setattr(utils, "_botocore_resolver", functools.cache(utils._botocore_resolver))
    JumpStartModelsAccessor.reset_cache()
    with running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", server.url)
        yield server
    JumpStartModelsAccessor.reset_cache()


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue that ``ic-tf publish`` puts into the bucket, from a folder."""
    export_catalogue(tmp_path / "catalogue", source=named("published"))
    for kind in ("MANIFEST", "SPECS"):
        name = f"AWS_JUMPSTART_{kind}_LOCAL_ROOT_DIR_OVERRIDE"
        monkeypatch.setenv(name, str(tmp_path / "catalogue"))


def session() -> Any:
    import sagemaker

    return sagemaker.Session(default_bucket=BUCKET)


def check(plane: ControlPlane, model_id: str, hub_arn: str | None, made: Any) -> int:
    """Training, training further and deploying one model; the number of requests compared."""
    from sagemaker.jumpstart.estimator import JumpStartEstimator
    from sagemaker.jumpstart.model import JumpStartModel

    common = {"model_id": model_id, "hub_name": hub_arn, "role": ROLE, "sagemaker_session": made}
    plane.requests.clear()
    for model_uri in (None, EARLIER):
        estimator = JumpStartEstimator(**common, model_uri=model_uri, output_path=OUTPUT)
        estimator.fit(dict(DATA), wait=False)
    for sent, uri in zip(plane.sent("CreateTrainingJob"), (None, EARLIER), strict=True):
        job = launch.training_job(model_id, role=ROLE, output_path=OUTPUT, model_uri=uri)
        name = sent["TrainingJobName"]
        assert sent == trained_by_v2(job, name, DATA, hub=hub_arn is not None)
    JumpStartModel(**common, instance_type=CPU).deploy(wait=False)
    [model] = plane.sent("CreateModel")
    plane.requests.clear()
    data = model_uris.retrieve(model_id=model_id, model_version="*", model_scope="inference")
    ours = launch.model(data, model_id, role=ROLE, instance_type=CPU, session=made)
    ours.deploy(initial_instance_count=1, instance_type=CPU, wait=False)
    [wanted] = plane.sent("CreateModel")
    wanted["ModelName"] = model["ModelName"]
    wanted["Tags"] = tags(model_id, hub=hub_arn is not None)
    wanted["PrimaryContainer"]["Environment"] = variables(model_id)
    assert model == wanted
    return 3


def compare(plane: ControlPlane, model_ids: list[str], hub_arn: str | None) -> None:
    made = session()
    compared = sum(check(plane, model_id, hub_arn, made) for model_id in model_ids)
    print(f"{len(model_ids)} models, {compared} requests compared, 0 unexplained differences")
    assert compared == 3 * len(model_ids)


@pytest.mark.parametrize(
    "every", [TENTH, pytest.param(1, marks=pytest.mark.slow)], ids=["tenth model", "model"]
)
def test_without_a_hub_they_build_the_requests_of_the_helpers(
    every: int, plane: ControlPlane, catalogue: None
) -> None:
    compare(plane, specs.model_ids()[::every], None)


@pytest.mark.parametrize(
    "every", [FEW, pytest.param(1, marks=pytest.mark.slow)], ids=["few models", "model"]
)
def test_with_a_private_hub_they_build_the_requests_of_the_helpers(
    every: int, plane: ControlPlane
) -> None:
    private_hub.publish_hub(HUB, bucket=BUCKET)
    compare(plane, specs.model_ids()[::every], HUB_ARN)


def test_every_model_of_the_published_catalogue_makes_an_estimator_and_a_model(
    plane: ControlPlane, catalogue: None
) -> None:
    from sagemaker.jumpstart.estimator import JumpStartEstimator
    from sagemaker.jumpstart.model import JumpStartModel

    made = session()
    for model_id in specs.model_ids():
        common = {"model_id": model_id, "role": ROLE, "sagemaker_session": made}
        assert JumpStartEstimator(**common).model_uri.startswith(f"s3://{BUCKET}/ic-tf-sdk/")
        archive = f"infer-{specs.get(model_id).alias_of or model_id}.tar.gz"
        assert JumpStartModel(**common).model_data.endswith(f"/{archive}")
    assert plane.requests == []
