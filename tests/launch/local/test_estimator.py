"""The notebook's loop on this machine: the same calls, a real child process and a real server."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded, settings, specs
from ic_tf_sdk.errors import (
    ArchiveError,
    HyperparameterError,
    OutputExistsError,
    RequestRefusedError,
    StorageError,
    UnknownModelError,
    UserError,
)
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local import channels, endpoint, location
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor
from ic_tf_sdk.launch.local.job_output import JobOutput
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from tests.aws import REGION
from tests.content.fault_proxy import faults
from tests.launch.local.runs import QUICK

SDK_V2 = metadata.version("sagemaker").startswith("2.")
MODEL_ID = embedded.MODEL_IDS[0]
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
VERBOSE = {"ContentType": "application/x-image", "Accept": "application/json;verbose"}
BUCKET = "local-estimator"


@pytest.fixture(scope="module")
def predictor(fitted: LocalEstimator) -> Iterator[LocalEndpointPredictor]:
    made = fitted.deploy(
        initial_instance_count=1, instance_type="ml.m5.xlarge", entry_point="inference.py"
    )
    yield made
    made.delete_endpoint()


def first_image(dataset: SimpleNamespace, label: str) -> bytes:
    return min((dataset.test / label).iterdir()).read_bytes()


def test_the_endpoint_gives_each_class_its_label(
    predictor: LocalEndpointPredictor, tiny_dataset: SimpleNamespace
) -> None:
    for label in tiny_dataset.labels:
        answer = json.loads(predictor.predict(first_image(tiny_dataset, label), VERBOSE))
        assert answer["predicted_label"] == label
        assert answer["labels"] == list(tiny_dataset.labels)


def test_a_proxy_of_the_environment_is_for_other_machines(
    predictor: LocalEndpointPredictor,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert json.loads(predictor.predict(first_image(tiny_dataset, "dots")))["probabilities"]
    assert endpoint._is_loaded(predictor.url)


def test_initial_args_have_the_endpoints_defaults(
    predictor: LocalEndpointPredictor, tiny_dataset: SimpleNamespace
) -> None:
    answer = json.loads(predictor.predict(first_image(tiny_dataset, "dots")))
    assert list(answer) == ["probabilities"]


def test_a_refused_request_keeps_its_status_and_reason(predictor: LocalEndpointPredictor) -> None:
    with pytest.raises(RequestRefusedError, match="HTML") as refused:
        predictor.predict(b"<html>no image</html>", VERBOSE)
    assert refused.value.status.startswith("400")
    with pytest.raises(RequestRefusedError) as refused:
        predictor.predict(b"1,2", {"ContentType": "text/csv"})
    assert refused.value.status.startswith("415")
    with pytest.raises(UserError, match="not TargetModel"):
        predictor.predict(b"", {"TargetModel": "other"})


class Upper:
    """A serializer and a deserializer by their methods, as those of the SDK are."""

    CONTENT_TYPE, ACCEPT = "application/json", ("application/json;verbose", "text/plain;q=0.1")

    def serialize(self, data: bytes) -> str:
        return json.dumps({"b64": base64.b64encode(data).decode()})

    def deserialize(self, stream: Any, content_type: str) -> Any:
        return content_type, json.load(stream)


def test_the_predictors_translators_are_used_as_the_sdk_uses_them(
    fitted: LocalEstimator, tiny_dataset: SimpleNamespace
) -> None:
    predictor = fitted.deploy(serializer=Upper(), deserializer=Upper())
    try:
        content_type, answer = predictor.predict(first_image(tiny_dataset, "dots"))
        assert (content_type, answer["predicted_label"]) == ("application/json", "dots")
        predictor.serializer = predictor.deserializer = None
        assert isinstance(predictor.predict(first_image(tiny_dataset, "dots")), bytes)
    finally:
        predictor.delete_endpoint()
    with pytest.raises(UserError, match=r"(?s)serializer cannot be 'json'.*deserializer cannot"):
        fitted.deploy(serializer="json", deserializer=Upper)
    with pytest.raises(UserError, match="deserializer cannot be"):
        fitted.deploy(deserializer=object())


@pytest.mark.skipif(not SDK_V2, reason="needs the SageMaker SDK v2")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_sdks_json_and_its_inputs_are_taken_as_notebooks_pass_them(
    monkeypatch: pytest.MonkeyPatch,
    fitted: LocalEstimator,
    tiny_dataset: SimpleNamespace,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.deserializers import JSONDeserializer
    from sagemaker.inputs import FileSystemInput, TrainingInput
    from sagemaker.serializers import JSONSerializer

    predictor = fitted.deploy(serializer=JSONSerializer(), deserializer=JSONDeserializer())
    try:
        image = base64.b64encode(first_image(tiny_dataset, "dots")).decode()
        assert list(predictor.predict({"instances": [{"b64": image}]})) == ["probabilities"]
    finally:
        predictor.delete_endpoint()
    place = TrainingInput(tiny_dataset.training.as_uri(), input_mode="FastFile")
    alone = {"training": tiny_dataset.training.as_uri()}
    assert channels.read(place) == channels.read({"training": place}) == alone
    with pytest.raises(UserError) as refused:
        fitted.fit(
            {
                "training": FileSystemInput("fs-1", "EFS", "/photos"),
                "validation": TrainingInput("s3://b/x/", s3_data_type="ManifestFile"),
                "test": TrainingInput("s3://b/x"),
            }
        )
    lines = str(refused.value).splitlines()
    assert len(lines) == 3
    assert "FileSystemInput" in lines[0]
    assert "s3_data_type='ManifestFile'" in lines[1]
    assert "must end in '/'" in lines[2]
    with pytest.raises(UserError, match="training channel cannot be 3"):
        fitted.fit(3)
    assert list(tmp_path.iterdir()) == []


def test_the_job_is_described_as_sagemaker_does(
    fitted: LocalEstimator, tiny_dataset: SimpleNamespace
) -> None:
    job = fitted.latest_training_job
    assert job is not None
    described = job.describe()
    assert re.fullmatch(r"tiny-\d{8}-\d{6}-[0-9a-f]{6}", job.name)
    assert described["TrainingJobName"] == job.name == job.job_name
    assert described["TrainingJobStatus"] == "Completed"
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": fitted.model_data}
    assert fitted.model_data == f"{fitted.output_path}/{job.name}/output/model.tar.gz"
    assert described["HyperParameters"] == fitted.hyperparameters() == QUICK
    assert "FailureReason" not in described
    metrics = {item["MetricName"]: item["Value"] for item in described["FinalMetricDataList"]}
    history = json.loads((Path(fitted.model_data).parent / "output_data/history.json").read_text())
    assert metrics["validation:accuracy"] == pytest.approx(
        history["epochs"][-1]["val_accuracy"], abs=1e-6
    )
    assert metrics["test:accuracy"] == pytest.approx(history["test"]["accuracy"], abs=1e-6)


def test_an_endpoint_serves_the_classifier_of_a_model_id(tiny_dataset: SimpleNamespace) -> None:
    predictor = LocalEndpointPredictor(MODEL_ID, endpoint_name="pretrained")
    try:
        photo = min(tiny_dataset.test.rglob("*.*")).read_bytes()
        answer = json.loads(predictor.predict(photo, {"Accept": "application/json;verbose"}))
    finally:
        predictor.delete_endpoint()
    assert len(answer["labels"]) == len(answer["probabilities"]) == specs.get(MODEL_ID).num_classes


def test_an_endpoint_of_an_id_whose_classifier_is_not_here_says_where_to_get_it() -> None:
    with pytest.raises(UserError, match="ic-tf mirror"):
        LocalEndpointPredictor(MOBILENET, endpoint_name="absent")


def test_a_misspelt_id_is_no_endpoint() -> None:
    with pytest.raises(UserError, match="does not exist"):
        LocalEndpointPredictor(f"{MODEL_ID}-x", endpoint_name="e")


@pytest.mark.slow
def test_an_endpoint_ends_with_the_interpreter(fitted: LocalEstimator) -> None:
    program = textwrap.dedent("""
        import sys
        from ic_tf_sdk.launch.local.endpoint import LocalEndpointPredictor
        predictor = LocalEndpointPredictor(sys.argv[1], endpoint_name="e")
        print(predictor.url, predictor._folder)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, fitted.model_data],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    url, folder = done.stdout.split()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/ping", timeout=10)
    assert not Path(folder).exists()


@pytest.mark.slow
def test_a_server_that_breaks_shows_its_last_lines(
    fitted: LocalEstimator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"not a readable archive|cannot be unpacked"):
        LocalEndpointPredictor(Path(fitted.model_data).parent / "training.log", endpoint_name="e")
    (tmp_path / "starlette.py").write_text("raise RuntimeError('broken on purpose')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="broken on purpose"):
        fitted.deploy()


def test_a_failed_job_tells_its_reason(
    tmp_path: Path, tiny_archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "only").mkdir(parents=True)
    (tmp_path / "data" / "only" / "1.jpg").write_bytes(b"x")
    estimator = LocalEstimator(model_uri=tiny_archive, output_path=tmp_path / "jobs")
    with pytest.raises(UserError, match="only one class, 'only'"):
        estimator.fit({"training": tmp_path / "data"}, logs=False)
    job = estimator.latest_training_job
    assert job is not None
    described = job.describe()
    assert described["TrainingJobStatus"] == "Failed"
    assert "only one class, 'only'" in described["FailureReason"]
    assert "ModelArtifacts" not in described
    assert [path for path in (tmp_path / "jobs").rglob("*") if path.is_file()] == []
    with pytest.raises(UserError, match="call fit first"):
        estimator.deploy()
    assert capsys.readouterr().out == ""


def test_mistakes_are_told_at_construction(
    tiny_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with pytest.raises(HyperparameterError) as error:
        LocalEstimator(MODEL_ID, hyperparameters={"epoch": 1, "learning_rate": 7})
    assert len(error.value.problems) == 2
    with pytest.raises(UnknownModelError, match="Did you mean"):
        LocalEstimator("tensorflow-ic-embedded-formulanet-69")
    with pytest.raises(UserError, match="Did you mean 'instance_type'"):
        LocalEstimator(MODEL_ID, instance_typ="ml.m5.large")
    with pytest.raises(UserError, match="instance count must be 1"):
        LocalEstimator(MODEL_ID, instance_count=2)
    with pytest.raises(ArchiveError, match=r"weights .* are not part of this package"):
        LocalEstimator(MOBILENET)


def test_mistakes_of_fit_and_deploy_are_told_before_anything_starts(
    fitted: LocalEstimator, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="Did you mean 'training'"):
        fitted.fit({"trainning": tmp_path})
    with pytest.raises(UserError, match="does not exist"):
        fitted.fit(tmp_path / "missing")
    with pytest.raises(UserError, match="must end in '/'"):
        fitted.fit("s3://bucket/pictures")
    with pytest.raises(UserError, match="neither a path"):
        fitted.fit("https://example.com/pictures/")
    with pytest.raises(UserError, match="instance count must be 1"):
        fitted.deploy(2)
    with pytest.raises(UserError, match="Did you mean 'image_uri'"):
        fitted.deploy(image_url="x")
    assert list(tmp_path.iterdir()) == []


def test_a_job_never_overwrites_another(
    fitted: LocalEstimator, tiny_dataset: SimpleNamespace
) -> None:
    job = fitted.latest_training_job
    again = LocalEstimator(model_uri=fitted.model_data, output_path=fitted.output_path)
    name = Path(fitted.model_data).parent.parent.name
    assert job is not None
    with pytest.raises(OutputExistsError):
        again.fit(tiny_dataset.training, logs=False, job_name=name)


@pytest.fixture(scope="module")
def bucket(s3: Any, tiny_dataset: SimpleNamespace, fitted: LocalEstimator) -> None:
    """The same data and model on a loopback S3."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for path in sorted(tiny_dataset.training.rglob("*.*")):
        name = path.relative_to(tiny_dataset.training).as_posix()
        s3.upload_file(str(path), BUCKET, f"pictures/{name}")
    s3.put_object(Bucket=BUCKET, Key="pictures/", Body=b"")
    s3.put_object(Bucket=BUCKET, Key="evil/a/../../../outside.jpg", Body=b"x")
    s3.upload_file(fitted.model_data, BUCKET, "earlier/output/model.tar.gz")


@pytest.mark.slow
@pytest.mark.merge
def test_an_earlier_model_is_trained_further_and_deployed_from_s3(
    aws: str, bucket: None, s3: Any, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    further = LocalEstimator(
        model_uri=f"s3://{BUCKET}/earlier/output/model.tar.gz",
        hyperparameters={"epochs": 1, "train_only_on_top": True},
        output_path=f"s3://{BUCKET}/output/",
    )
    further.fit(f"s3://{BUCKET}/pictures/", logs=True)
    printed = capsys.readouterr().out
    assert "Training further: the classification layer of the earlier model is kept" in printed
    assert "Epoch 1/1 - " in printed
    job = further.latest_training_job
    assert job is not None
    assert further.model_data == f"s3://{BUCKET}/output/{job.name}/output/model.tar.gz"
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"output/{job.name}/")["Contents"]
    assert [item["Key"].rpartition("/")[2] for item in found] == ["model.tar.gz", "output.tar.gz"]
    check_deployed_and_deleted(further, tiny_dataset)
    assert list(tmp_path.iterdir()) == []


def check_deployed_and_deleted(further: LocalEstimator, dataset: SimpleNamespace) -> None:
    predictor = further.deploy()
    predictor.delete_model()
    answer = json.loads(predictor.predict(first_image(dataset, "stripes"), VERBOSE))
    assert answer["predicted_label"] == "stripes"
    predictor.delete_endpoint()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{predictor.url}/ping", timeout=10)
    with pytest.raises(UserError, match="was deleted; deploy the model again"):
        predictor.predict(b"")


@pytest.mark.parametrize(
    ("uri", "error", "message"),
    [
        (f"s3://{BUCKET}/nothing/", UserError, "Nothing is below"),
        (f"s3://{BUCKET}/evil/", UserError, "leads outside of its folder"),
        ("s3://no-bucket-of-this-name/x/", StorageError, "NoSuchBucket"),
    ],
)
def test_what_is_not_on_s3_fails_the_job_with_a_sentence(
    aws: str, bucket: None, tiny_archive: Path, tmp_path: Path,
    uri: str, error: type[Exception], message: str,
) -> None:  # fmt: skip
    estimator = LocalEstimator(model_uri=tiny_archive, output_path=tmp_path / "jobs")
    with pytest.raises(error, match=message):
        estimator.fit({"training": uri}, logs=False)
    job = estimator.latest_training_job
    assert job is not None
    assert job.describe()["TrainingJobStatus"] == "Failed"
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_on_s3_fails_the_job_with_a_sentence(
    aws: str, bucket: None, tiny_dataset: SimpleNamespace
) -> None:
    estimator = LocalEstimator(model_uri=f"s3://{BUCKET}/models/other.tar.gz")
    with pytest.raises(UserError, match=r"No object is at .*other\.tar\.gz"):
        estimator.fit(tiny_dataset.training, logs=False)


@pytest.mark.slow
def test_a_model_that_s3_does_not_take_is_kept_here(
    aws: str, bucket: None, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whether one may write is known only by writing, after hours of training."""
    monkeypatch.chdir(tmp_path)

    def rule(method: str, path: str) -> Any:
        return (403, "AccessDenied") if "read-only" in path else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        estimator = LocalEstimator(
            model_uri=tiny_archive,
            hyperparameters={"epochs": 1, "train_only_on_top": True},
            output_path=f"s3://{BUCKET}/read-only",
        )
        with pytest.raises(StorageError, match=r"is denied.*The trained model is kept in") as kept:
            estimator.fit(tiny_dataset.training, logs=False)
    folder = Path(str(kept.value).rpartition(" kept in ")[2].rstrip("."))
    assert (folder / "model.tar.gz").is_file()
    assert (folder / "output.tar.gz").is_file()


@pytest.mark.slow
def test_an_upload_that_was_interrupted_is_done_by_the_same_call(
    aws: str, bucket: None, tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    upload = location.upload_output

    def interrupted(*arguments: Any) -> None:
        monkeypatch.setattr(location, "upload_output", upload)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(location, "upload_output", interrupted)
    estimator = LocalEstimator(
        model_uri=tiny_archive,
        hyperparameters={"epochs": 1, "train_only_on_top": True},
        output_path=f"s3://{BUCKET}/interrupted",
    )
    with pytest.raises(JobStoppedError, match="The same call of fit uploads it"):
        estimator.fit(tiny_dataset.training, logs=False)
    assert Path(estimator.model_data).is_file()
    job = estimator.latest_training_job
    assert job is not None
    assert "Stopped before all was uploaded" in job.log[-1]
    monkeypatch.setattr(local_job, "run", lambda *_, **__: pytest.fail("trained again"))
    estimator.fit(tiny_dataset.training, logs=False)
    assert estimator.latest_training_job.name == job.name
    assert estimator.model_data == f"s3://{BUCKET}/interrupted/{job.name}/output/model.tar.gz"


@pytest.mark.slow
def test_a_stopped_job_is_not_gone_on_with_where_other_images_are_left_out(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    estimator = LocalEstimator(
        model_uri=tiny_archive,
        hyperparameters={"epochs": 1, "train_only_on_top": True},
        output_path=tmp_path,
    )
    deliver = JobOutput.deliver

    def interrupted(*_: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(JobOutput, "deliver", interrupted)
    with pytest.raises(JobStoppedError):
        estimator.fit(tiny_dataset.training, logs=False)
    monkeypatch.setattr(JobOutput, "deliver", deliver)
    stopped = estimator.latest_training_job
    assert stopped is not None
    first = min((tiny_dataset.training / "dots").iterdir())
    estimator.exclude = [f"dots/{first.name}"]
    estimator.fit(tiny_dataset.training, logs=False)
    job = estimator.latest_training_job
    assert job is not None
    assert job.name != stopped.name
    assert any("Left out of training, as listed: 1 images" in line for line in job.log)


def test_a_published_model_is_taken_from_your_own_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "my-bucket")
    uri = str(LocalEstimator(MOBILENET).model_uri)
    assert uri.startswith("s3://my-bucket/ic-tf-sdk/")
    assert uri.endswith(f"/train-{MOBILENET}.tar.gz")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["setting", "file"])
def test_an_endpoint_with_a_token_is_asked_with_it_and_shows_it_nowhere(
    place: str, tiny_dataset: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    token = "a-token-that-nobody-shall-see"
    if place == "setting":
        monkeypatch.setattr(settings, "endpoint_token", token)
    else:
        (tmp_path / "token").write_text(f"{token}\n")
        monkeypatch.setenv("IC_TF_SDK_ENDPOINT_TOKEN_FILE", str(tmp_path / "token"))
    predictor = LocalEndpointPredictor(MODEL_ID, endpoint_name="with-a-token")
    try:
        answer = json.loads(predictor.predict(first_image(tiny_dataset, "dots"), VERBOSE))
        assert len(answer["labels"]) == 240
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{predictor.url}/model")
        assert refused.value.code == 401
        refused.value.close()
        assert token not in repr(predictor) + str(vars(predictor)) + predictor._log()
    finally:
        predictor.delete_endpoint()
