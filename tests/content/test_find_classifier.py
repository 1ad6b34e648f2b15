"""A model to answer with, by path or by model id; found, downloaded, or refused with a remedy."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content import find_classifier
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import ArchiveError, StorageError, UnknownModelError, UserError
from ic_tf_sdk.inference.served_model import ServedModel
from tests.aws import REGION

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
EMBEDDED_ID = embedded.MODEL_IDS[0]
ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"


@pytest.fixture
def bucket(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket that is the content source in force."""
    name = f"classifiers-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", name)
    return name


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    with find_classifier.locate(tmp_path) as found:
        assert found == tmp_path


@pytest.mark.parametrize("name", ["nowhere/model", "model.tar.gz", "model.tgz"])
def test_a_path_that_is_not_there_is_no_model_id(name: str) -> None:
    with (
        pytest.raises(ArchiveError, match=r"does not exist; give a model\.tar\.gz"),
        find_classifier.locate(name),
    ):
        pass


def test_a_model_id_with_a_slip_is_told_the_nearest() -> None:
    with (
        pytest.raises(UnknownModelError, match=MODEL_ID),
        find_classifier.locate(MODEL_ID.replace("mobilenet", "mobilnet")),
    ):
        pass


def test_the_embedded_classifier_needs_no_folder_and_no_bucket() -> None:
    with find_classifier.locate(EMBEDDED_ID) as found:
        assert found == embedded.archive_path(EMBEDDED_ID, "inference")
        assert found.is_file()


def mirrored(folder: Path, model_id: str) -> Path:
    """The embedded classifier under another id, described as that model."""
    content = folder / "content"
    archive.extract(embedded.archive_path(EMBEDDED_ID, "inference"), content)
    info = model_info.read(content)
    assert info is not None
    info.model_copy(update={"model_id": model_id}).write(content)
    archive.pack(content, folder / f"infer-{MODEL_ID}.tar.gz")
    return folder / f"infer-{MODEL_ID}.tar.gz"


def test_a_mirrored_classifier_is_taken_from_its_folder(tmp_path: Path) -> None:
    path = mirrored(tmp_path, MODEL_ID)
    with find_classifier.locate(MODEL_ID, models=tmp_path) as found:
        assert found == path


def test_an_archive_of_another_model_under_its_name_is_not_taken(tmp_path: Path) -> None:
    mirrored(tmp_path, EMBEDDED_ID)
    with (
        pytest.raises(ArchiveError, match="not in the folder"),
        find_classifier.locate(MODEL_ID, models=tmp_path),
    ):
        pass


def test_a_classifier_that_is_nowhere_names_every_place_and_what_to_do(tmp_path: Path) -> None:
    with (
        pytest.raises(ArchiveError) as caught,
        find_classifier.locate(MODEL_ID, models=tmp_path),
    ):
        pass
    said = str(caught.value)
    assert f"not in the folder {tmp_path}, nor in this package, nor in a bucket of yours" in said
    assert f"`ic-tf mirror {MODEL_ID} --to FOLDER --scope inference`" in said
    assert "--models FOLDER" in said


@pytest.mark.parametrize("advice", ["", "Install the package of it."])
def test_a_package_of_the_weights_is_named_first_where_there_is_one(
    advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        find_classifier.weights_packages, "advice", lambda name: asked.append(name) or advice
    )
    with pytest.raises(ArchiveError) as caught, find_classifier.locate(ALIAS):
        pass
    first = f". {advice} Or let `ic-tf predict`" if advice else ". Let `ic-tf predict`"
    assert first in str(caught.value)
    assert asked == [specs.get(ALIAS).alias_of]


@pytest.mark.parametrize("uri", ["s3://a-bucket", "s3://a-bucket/", "s3://a-bucket/models/"])
def test_a_folder_of_s3_is_no_model(uri: str) -> None:
    with (
        pytest.raises(UserError, match=r"is a folder of S3; give the URI of a model\.tar\.gz"),
        find_classifier.locate(uri),
    ):
        pass


def test_a_model_of_s3_is_downloaded_for_the_while(bucket: str, s3: Any) -> None:
    path = embedded.archive_path(EMBEDDED_ID, "inference")
    s3.upload_file(str(path), bucket, "jobs/model.tar.gz")
    with find_classifier.locate(f"s3://{bucket}/jobs/model.tar.gz") as found:
        assert found.name == "model.tar.gz"
        assert found.read_bytes() == path.read_bytes()
    assert not found.exists()


def test_a_published_classifier_is_downloaded_for_the_while(bucket: str, s3: Any) -> None:
    from ic_tf_sdk import model_uris

    uri = model_uris.retrieve(model_id=MODEL_ID, model_version="*", model_scope="inference")
    key = uri.removeprefix(f"s3://{bucket}/")
    assert key.endswith(f"infer-{MODEL_ID}.tar.gz")
    s3.upload_file(str(embedded.archive_path(EMBEDDED_ID, "inference")), bucket, key)
    with find_classifier.locate(MODEL_ID) as found:
        assert len(ServedModel(found).labels) == 240
    assert not found.parent.exists()


def test_a_bucket_without_the_classifier_is_among_the_places(bucket: str) -> None:
    with (
        pytest.raises(ArchiveError, match=f"nor in the bucket {bucket}"),
        find_classifier.locate(MODEL_ID),
    ):
        pass


def test_a_bucket_that_is_not_there_is_said(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", f"no-{bucket}")
    with (
        pytest.raises(StorageError, match=f"no bucket 'no-{bucket}'"),
        find_classifier.locate(MODEL_ID),
    ):
        pass
