"""What is found out before a job costs anything, on moto's server."""

import json
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.launch import training_job
from ic_tf_sdk.launch.sagemaker.preflight import Finding, preflight
from tests.aws import REGION

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
# A bucket of its own: what lies here under published keys is no real content.
BUCKET = "preflight-bucket"
ROLE = "arn:aws:iam::123456789012:role/service-role/training"
GOOD = f"s3://{BUCKET}/flight/good/"


@pytest.fixture(scope="module")
def bucket(s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


@pytest.fixture
def data(aws: str, bucket: None, s3: Any) -> None:
    job = training_job(MODEL_ID, role=ROLE, output_path=f"s3://{BUCKET}/x", bucket=BUCKET)
    keys = [f"flight/good/{name}" for name in ("a/1.jpg", "a/2.jpg", "b/1.jpeg", "b/2.PNG")]
    keys += ["flight/one/a/1.jpg"]
    keys += ["flight/mixed/a/1.jpg", "flight/mixed/b/notes.txt", "flight/mixed/stray.jpg"]
    keys += ["flight/three/a/1.jpg", "flight/three/b/1.jpg", "flight/three/c/1.jpg"]
    keys += [uri.split("/", 3)[3] for uri in (job.source_uri, job.model_uri)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")


# The largest of the catalogue, all of which it takes to train.
LARGE = "tensorflow-ic-bit-m-r152x4-ilsvrc2012"
ALL_OF_IT = {"train_only_on_top": "False"}


def run(training: str = GOOD, *, model_id: str = MODEL_ID, **arguments: Any) -> list[Finding]:
    given = {"role": ROLE, "bucket": BUCKET, "today": date(2026, 1, 1), **arguments}
    return preflight(model_id, channels={"training": training}, **given)


def test_a_good_job_has_no_findings(data: None) -> None:
    assert run() == []


def test_all_problems_come_at_once(data: None) -> None:
    found = run(
        f"s3://{BUCKET}/flight/one",
        role="training-role",
        hyperparameters={"epoch": 3, "learning_rate": 7},
        instance_type="ml.g4nd.xlarge",
    )
    subjects = [finding.subject for finding in found if finding.severity == "error"]
    assert sorted(subjects) == sorted(
        ["role", "hyperparameters", "hyperparameters", "job", "training", "training"]
    )
    texts = " ".join(finding.text for finding in found)
    for said in ("takes the ARN of a role", "'epoch'", "must end in '/'", "only one class", "g4dn"):
        assert said in texts


def test_what_the_api_refuses_is_found_beside_what_the_data_says(data: None) -> None:
    """By the function that launch asks; the rest of the job is looked at without it."""
    found = run(
        f"s3://{BUCKET}/flight/one/",
        role="training",
        spot=True,
        max_wait_seconds=10,
        subnets=("subnet-1",),
        tags={"aws:x": "y"},
        hyperparameters={"binary_mode": True, "epochs": 0},
    )
    errors = {item.subject for item in found if item.severity == "error"}
    assert errors >= {"role", "max_wait_seconds", "subnets", "tags", "hyperparameters", "training"}
    assert "job" not in errors
    # One problem of a channel's classes, not two of the same.
    [classes] = [item.text for item in found if item.subject == "training"]
    assert "only one class" in classes


@pytest.mark.parametrize(
    ("folder", "severity", "said"),
    [
        ("mixed/", "warning", "2 files are no .jpg, .jpeg or .png in a class folder"),
        ("mixed/", "error", "for the class 'b'"),
        ("nothing/", "error", "Nothing is below"),
    ],
)
def test_the_listing_is_looked_at(data: None, folder: str, severity: str, said: str) -> None:
    found = run(f"s3://{BUCKET}/flight/{folder}")
    assert [item for item in found if item.severity == severity and said in item.text]


@pytest.fixture(params=["folder", "prefix"])
def place(request: Any, data: None, s3: Any, tmp_path: Path) -> Any:
    """A function that puts files of these names into a folder or below a prefix."""

    def put(*names: str) -> str:
        key = f"flight/{request.node.name}"
        for name in names:
            if request.param == "prefix":
                s3.put_object(Bucket=BUCKET, Key=f"{key}/{name}", Body=b"x")
            elif name.endswith("/"):
                (tmp_path / name).mkdir(parents=True)
            else:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_bytes(b"x")
        return f"s3://{BUCKET}/{key}/" if request.param == "prefix" else tmp_path.as_uri()

    return put


def said(location: str, severity: str = "error", **arguments: Any) -> list[str]:
    """What is said of the data, without the place that it is said of."""
    findings = run(location, **arguments)
    return [item.text.replace(location, "HERE") for item in findings if item.severity == severity]


def test_images_in_subfolders_of_a_class_pass_as_they_train(place: Any) -> None:
    location = place("a/2024/1.jpg", "a/2024/05/2.jpg", "b/x/1.png", "b/x/2.png")
    assert said(location) == []
    assert not any("passed over" in text for text in said(location, "warning"))


def test_a_hidden_folder_beside_one_class_is_no_second_class(place: Any) -> None:
    location = place("roses/1.jpg", ".ipynb_checkpoints/1.jpg", "__MACOSX/roses/1.jpg")
    [text] = said(location)
    assert text.startswith(
        "HERE has only one class, 'roses'; a classifier needs two or more. Lay the images out"
    )


def test_hidden_folders_do_not_count_in_binary_mode(place: Any) -> None:
    hidden = (".ipynb_checkpoints/1.jpg", "__MACOSX/a/1.jpg")
    location = place("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", *hidden)
    assert said(location, hyperparameters={"binary_mode": "True"}) == []


def test_an_empty_class_and_strays_are_said_in_the_same_words(place: Any) -> None:
    location = place("a/1.jpg", "b/notes.txt", "c/", "stray.jpg")
    [text] = said(location)
    assert text == (
        "No .jpg, .jpeg, .png images in HERE for the classes 'b', 'c' (passed over: 1 .txt). "
        "Add images or remove the folder."
    )
    assert said(location, "warning")[-1] == (
        "2 files are no .jpg, .jpeg or .png in a class folder and passed over: 1 .txt, 1 image "
        "beside the class folders (stray.jpg)."
    )


def test_another_channel_may_lack_a_class_but_not_add_one(place: Any) -> None:
    training = place("data/a/1.jpg", "data/b/1.jpg", "less/a/1.jpg", "more/a/1.jpg", "more/c/1.jpg")
    less, more = (f"{training.rstrip('/')}/{name}/" for name in ("less", "more"))
    channels = {"validation": less, "test": more, "training": f"{training.rstrip('/')}/data/"}
    findings = preflight(
        MODEL_ID, role=ROLE, bucket=BUCKET, channels=channels, today=date(2026, 1, 1)
    )
    [error] = [item for item in findings if item.severity == "error"]
    assert error.subject == "test"
    assert "missing here: 'b'; only here: 'c'" in error.text


@pytest.mark.parametrize("training", ["a bare name", "a pipeline's", "nothing/"])
def test_of_a_channel_that_cannot_be_read_the_next_is_looked_at(
    data: None, training: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.workflow.parameters import ParameterString

    first: Any = f"s3://{BUCKET}/flight/{training}"
    if training == "a bare name":
        first = "flowers"
    if training == "a pipeline's":
        first = ParameterString("Photos", default_value=GOOD)
    channels = {"training": first, "test": f"s3://{BUCKET}/flight/mixed/"}
    found = preflight(MODEL_ID, role=ROLE, bucket=BUCKET, channels=channels, today=date(2026, 1, 1))
    assert {item.subject for item in found} == {"training", "test"}


def test_own_hyperparameters_are_an_error_each_with_awss_script(aws: str) -> None:
    own = {"class_weight": "balanced", "deterministic": "True"}
    found = run(bucket=None, hyperparameters=own)
    texts = [item.text for item in found if item.subject == "hyperparameters"]
    assert sorted(text.split()[0] for text in texts) == ["'class_weight'", "'deterministic'"]
    assert all("`ic-tf publish`" in text for text in texts)
    assert "job" not in {item.subject for item in found if item.severity == "error"}


def test_a_bucket_of_the_environment_that_can_be_none_is_an_error(
    data: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", f"s3://{BUCKET}")
    found = run(bucket=None)
    assert [(item.severity, item.subject) for item in found] == [
        ("error", "script"),
        ("error", "model"),
    ]
    assert all("'s3:' is no bucket's name" in item.text for item in found)


def test_a_folder_here_that_cannot_be_read_is_an_error(
    data: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path / "a"))

    (tmp_path / "a").mkdir()
    monkeypatch.setattr("os.scandir", refused)
    [found] = [item for item in run(str(tmp_path)) if item.subject == "training"]
    assert found.severity == "error"
    assert "cannot be read: Permission denied" in found.text


def test_parts_of_a_data_set_are_no_classes(place: Any) -> None:
    location = place("Train/ant/1.jpg", "Train/bee/1.jpg", "valid/ant/1.jpg", "valid/bee/1.jpg")
    [text] = said(location)
    assert text.startswith("HERE holds parts of a data set, 'Train' and 'valid', not classes. ")
    assert "valid with --validation" in text


def test_parts_of_a_data_set_within_classes_are_told_as_training_tells_them(place: Any) -> None:
    names = [f"{name}/{part}/1.jpg" for name in ("ant", "bee") for part in ("train", "val")]
    [text] = said(place(*names))
    assert text.startswith(
        "HERE has parts of a data set within its classes: 'ant/train' and 'ant/val', and so in 2 "
    )
    assert "'train/ant' and 'val/ant'" in text


def test_a_class_with_one_image_is_an_error_where_it_must_be_split(place: Any) -> None:
    location = place("a/1.jpg", "a/2.jpg", "b/1.jpg")
    [text] = said(location)
    assert text.startswith("HERE has a single image for 'b': a class needs two to be split")
    assert said(location, hyperparameters={"validation_split_ratio": "0"}) == []


def test_names_in_either_unicode_form_are_one_class(place: Any) -> None:
    one, other = (unicodedata.normalize(form, "pensée") for form in ("NFC", "NFD"))
    location = place(f"{one}/1.jpg", f"{other}/2.jpg", "rose/1.jpg", "rose/2.jpg")
    assert said(location) == []


def test_binary_mode_is_held_against_the_number_of_classes(data: None) -> None:
    [found] = run(f"s3://{BUCKET}/flight/three/", hyperparameters={"binary_mode": "True"})
    assert "exactly two classes" in found.text
    assert run(hyperparameters={"binary_mode": "True"}) == []


def test_content_that_was_not_published_names_the_command(data: None, s3: Any) -> None:
    s3.create_bucket(
        Bucket="flight-empty", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    found = run(bucket="flight-empty")
    assert [item.subject for item in found] == ["script", "model"]
    assert all("ic-tf publish" in item.text for item in found)


@pytest.mark.parametrize(
    ("today", "subjects"),
    [
        # The day itself is the last one with patches.
        (date(2027, 7, 10), []),
        (date(2027, 7, 11), ["training image"]),
        (date(2030, 1, 1), ["training image", "inference image"]),
    ],
)
def test_an_image_past_its_patches_is_a_warning(
    data: None, today: date, subjects: list[str]
) -> None:
    found = run(today=today)
    assert [(item.severity, item.subject) for item in found] == [
        ("warning", subject) for subject in subjects
    ]
    assert all("no more security patches since 2027-07-10" in item.text for item in found[:1])


def test_a_model_too_large_for_its_gpu_is_a_warning(data: None) -> None:
    [warning, *missing] = sorted(
        run(model_id=LARGE, instance_type="ml.g4dn.xlarge", hyperparameters=ALL_OF_IT),
        key=lambda item: item.subject,
    )
    assert (warning.severity, warning.subject) == ("warning", "job")
    assert "Set train_only_on_top to 'True'" in warning.text
    assert [item.subject for item in missing] == ["model"]


def test_an_instance_type_outside_of_the_spec_is_a_warning(data: None) -> None:
    [found] = run(instance_type="ml.g5.2xlarge")
    assert (found.severity, found.subject) == ("warning", "job")
    assert "not among the instance types" in found.text


def test_a_job_without_training_channel_is_refused(data: None) -> None:
    found = preflight(
        MODEL_ID,
        role=ROLE,
        bucket=BUCKET,
        channels={"validation": GOOD},
        today=date(2026, 1, 1),
    )
    assert [(item.severity, item.subject) for item in found] == [("error", "training")]


def test_an_earlier_model_that_is_not_there_is_an_error(data: None) -> None:
    [found] = run(model_uri=f"s3://{BUCKET}/nothing/model.tar.gz")
    assert (found.severity, found.subject) == ("error", "model")


def test_no_bucket_and_no_uri_are_findings(data: None) -> None:
    assert "cannot be read" in run("s3://no-such-bucket-at-all/x/")[0].text
    assert "not an S3 URI" in run("flowers/")[0].text


def test_an_unknown_model_is_an_error_of_the_call(aws: str) -> None:
    with pytest.raises(UnknownModelError):
        preflight("tensorflow-ic-nothing", role=ROLE, channels={})


def test_the_command_prints_findings_and_fails_on_errors(data: None) -> None:
    words = ["check", MODEL_ID, "--role", ROLE, "--bucket", BUCKET, "--training"]
    good = CliRunner().invoke(main, [*words, GOOD])
    assert good.exit_code == 0, good.output
    # Whether an image is past its patches depends on the day.
    assert "error" not in good.output
    bad = CliRunner().invoke(main, [*words, GOOD, "--set", "epochs=0", "--json"])
    assert bad.exit_code == 1
    [finding, *dated] = json.loads(bad.output)
    assert (finding["severity"], finding["subject"]) == ("error", "hyperparameters")
    assert "epochs" in finding["text"]
    assert all(item["subject"].endswith("image") for item in dated)


def test_of_a_listing_that_was_cut_short_the_last_class_is_not_judged(
    data: None, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"):
        s3.put_object(Bucket=BUCKET, Key=f"flight/cut/{name}", Body=b"x")
    monkeypatch.setattr("ic_tf_sdk.launch.sagemaker.preflight._MOST_KEYS", 3)
    assert run(f"s3://{BUCKET}/flight/cut/") == []
    s3.delete_object(Bucket=BUCKET, Key="flight/cut/b/2.jpg")
    monkeypatch.setattr("ic_tf_sdk.launch.sagemaker.preflight._MOST_KEYS", 4)
    [found] = run(f"s3://{BUCKET}/flight/cut/")
    assert "a single image for 'b'" in found.text


def test_without_credentials_one_sentence_stands_for_all_that_cannot_be_read(
    data: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    [found] = run()
    assert (found.severity, found.subject) == ("error", "credentials")
    assert "aws sso login" in found.text


def test_what_a_pipeline_leaves_open_is_a_warning_and_the_rest_is_looked_at(
    data: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.workflow.parameters import ParameterInteger, ParameterString

    role = ParameterString("Role", default_value=ROLE)
    found = preflight(
        MODEL_ID,
        role=role,
        bucket=BUCKET,
        channels={"training": ParameterString("Photos", default_value=GOOD), "test": GOOD},
        hyperparameters={"epochs": ParameterInteger("Epochs", default_value=3)},
        model_uri=ParameterString("Model", default_value=GOOD),
        today=date(2026, 1, 1),
    )
    assert {(item.severity, item.subject) for item in found} == {
        ("warning", "role"),
        ("warning", "training"),
    }
    assert all("is a pipeline variable" in item.text for item in found)


def test_errors_stand_before_warnings_and_nothing_is_said_twice(data: None) -> None:
    found = run(
        f"s3://{BUCKET}/flight/mixed/",
        role="r",
        today=date(2030, 1, 1),
        instance_type="ml.g5.xlarge",
    )
    severities = [item.severity for item in found]
    assert severities == sorted(severities)
    assert {"error", "warning"} <= set(severities)
    assert len(set(found)) == len(found)


def test_of_two_classes_with_validation_images_nothing_is_split(data: None, s3: Any) -> None:
    """A single image of a class is an error only where validation images are taken from it."""
    for name in ("a/1.jpg", "b/1.jpg"):
        s3.put_object(Bucket=BUCKET, Key=f"flight/few/{name}", Body=b"x")
    few = f"s3://{BUCKET}/flight/few/"
    assert "a single image" in run(few)[0].text
    channels = {"training": few, "validation": GOOD}
    found = preflight(MODEL_ID, role=ROLE, bucket=BUCKET, channels=channels, today=date(2026, 1, 1))
    assert found == []


def test_a_folder_here_is_read_and_said_to_be_here(data: None, tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for location in (str(tmp_path), tmp_path.as_uri()):
        [found] = run(location)
        assert (found.severity, found.subject) == ("warning", "training")
        assert "is on this machine; a job reads S3. Upload it" in found.text
    [found] = run((tmp_path / "none").as_uri())
    assert "is not an S3 URI" in found.text
