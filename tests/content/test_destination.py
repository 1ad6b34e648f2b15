"""Mirroring into a bucket: whole archives, once each, and nothing else."""

import json
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content import retry
from ic_tf_sdk.content.destination import destination
from ic_tf_sdk.content.digest import content_digest
from ic_tf_sdk.content.mirror import Mirrored, mirror
from ic_tf_sdk.content.store import DIGEST
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import UserError
from tests.content import buckets
from tests.content.fault_proxy import CUT, faults
from tests.content.hub_server import serving

EMBEDDED = embedded.MODEL_IDS[0]
MODEL_IDS = [
    f"tensorflow-ic-imagenet-mobilenet-v1-{width}-128-classification-4" for width in ("025", "050")
]
TRAINING = ("training",)


@pytest.fixture
def bucket(aws: str, s3: Any) -> Any:
    name = buckets.make(s3, "destination")
    yield name
    buckets.remove(s3, name)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, so that a test sees what is left of them."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.01)
    return folder


def modules(root: Path) -> dict[str, Path]:
    """A module for each of ``MODEL_IDS``, with the feature size of its spec."""
    import tensorflow as tf

    found = {}
    for model_id in MODEL_IDS:
        module = tf.Module()
        module.kernel = tf.Variable(tf.ones([3, specs.get(model_id).feature_vector_size]))
        module.__call__ = tf.function(
            partial(_mean_colour, module.kernel),
            input_signature=[tf.TensorSpec([None, 128, 128, 3])],
        )
        tf.saved_model.save(module, str(root / model_id))
        found[model_id] = root / model_id
    return found


def _mean_colour(kernel: Any, images: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(images, [1, 2]) @ kernel


def test_archives_go_under_the_prefix_whole_and_are_not_made_again(
    bucket: str, s3: Any, tmp_path: Path, scratch: Path
) -> None:
    to = f"s3://{bucket}/some/models/"
    for model_id, folder in modules(tmp_path).items():
        [done] = mirror(model_ids=[model_id], scopes=TRAINING, to=to, source=folder)
        assert not done.problem
        assert done.location == f"s3://{bucket}/some/models/train-{model_id}.tar.gz"
        found = s3.head_object(Bucket=bucket, Key=f"some/models/train-{model_id}.tar.gz")
        assert found["ContentLength"] == done.size_bytes
        s3.download_file(bucket, f"some/models/train-{model_id}.tar.gz", str(tmp_path / "copy"))
        assert found["Metadata"][DIGEST] == content_digest(tmp_path / "copy")
        with tarfile.open(tmp_path / "copy") as tar:
            assert {"model_info.json", "1/saved_model.pb"} <= set(tar.getnames())
    assert len(buckets.keys(s3, bucket)) == len(MODEL_IDS)
    assert list(scratch.glob("ic-tf-*")) == []

    seen: list[Mirrored] = []
    # No source, and TF Hub cannot be reached: what is there is not asked for.
    mirror(model_ids=MODEL_IDS, scopes=TRAINING, to=to, on_model=seen.append)
    assert {(done.seconds, done.problem) for done in seen} == {(0, "")}


def test_an_interrupted_run_goes_on_where_it_was(
    bucket: str, aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies in the middle of the first upload, each time; the second gets through."""
    folder = modules(tmp_path)[MODEL_IDS[0]]
    run = {"model_ids": [MODEL_IDS[0]], "scopes": TRAINING, "to": f"s3://{bucket}"}

    def rule(method: str, path: str) -> Any:
        return CUT if method == "PUT" else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        [done] = mirror(**run, source=folder)
    assert f"s3://{bucket}/train-{MODEL_IDS[0]}.tar.gz" in done.problem
    assert done.size_bytes == 0
    assert buckets.keys(s3, bucket) == set()
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    [done] = mirror(**run, source=folder)
    assert not done.problem
    assert len(buckets.keys(s3, bucket)) == 1


def test_one_models_failure_does_not_stop_the_others(bucket: str, s3: Any) -> None:
    with serving(b"") as host:
        [failed] = mirror(
            model_ids=MODEL_IDS[:1],
            scopes=TRAINING,
            to=f"s3://{bucket}/p",
            handle=host.handle_of("forbidden"),
        )
    assert "403" in failed.problem
    found = mirror(model_ids=[EMBEDDED], to=f"s3://{bucket}/p")
    assert [done.problem for done in found] == ["", ""]
    assert buckets.keys(s3, bucket) == {
        f"p/train-{EMBEDDED}.tar.gz",
        f"p/infer-{EMBEDDED}.tar.gz",
    }


def test_what_somebody_else_put_there_is_never_overwritten(bucket: str, s3: Any) -> None:
    key = f"train-{EMBEDDED}.tar.gz"
    s3.put_object(Bucket=bucket, Key=key, Body=b"somebody else's")
    [done] = mirror(model_ids=[EMBEDDED], scopes=TRAINING, to=f"s3://{bucket}")
    assert "holds other bytes" in done.problem
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"somebody else's"
    # The same archive, copied by a tool that dropped the metadata, is recognised by its bytes.
    s3.put_object(Bucket=bucket, Key=key, Body=embedded.archive_path(EMBEDDED).read_bytes())
    [done] = mirror(model_ids=[EMBEDDED], scopes=TRAINING, to=f"s3://{bucket}")
    assert not done.problem


def test_a_bucket_that_is_not_there_is_said_before_anything_is_downloaded(aws: str) -> None:
    with serving(b"") as host:
        [done] = mirror(
            model_ids=MODEL_IDS[:1],
            scopes=TRAINING,
            to="s3://no-such-bucket-here/x",
            handle=host.handle_of("good"),
        )
    assert "There is no bucket 'no-such-bucket-here'" in done.problem
    assert not host.requests


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("s3://b", "s3://b/x.tar.gz"),
        ("s3://b/p/q/", "s3://b/p/q/x.tar.gz"),
        (Path("s3://b/p"), "s3://b/p/x.tar.gz"),
        (Path("b/p"), "b/p/x.tar.gz"),
    ],
)
def test_a_destination_is_a_folder_or_a_prefix(aws: str, to: str | Path, location: str) -> None:
    assert destination(to).location("x.tar.gz") == location


def test_an_s3_uri_needs_a_bucket(aws: str) -> None:
    with pytest.raises(UserError, match="names no bucket"):
        destination("s3://")


def described(path: Path, info: dict[str, Any] | bytes | None) -> Path:
    """An archive whose description is this; None leaves it out."""
    content = path.parent / f"{path.name}.content"
    content.mkdir(parents=True)
    (content / "labels").write_text("x")
    if info is not None:
        text = info if isinstance(info, bytes) else json.dumps(info).encode()
        (content / "model_info.json").write_bytes(text)
    archive.pack(content, path)
    return path


def test_a_folders_archive_is_there_where_it_is_of_the_model(tmp_path: Path) -> None:
    with tarfile.open(embedded.archive_path(EMBEDDED)) as tar:
        info = json.load(tar.extractfile("model_info.json"))  # type: ignore[arg-type]
    place = destination(tmp_path / "to")
    assert place.size("a.tar.gz", EMBEDDED) is None
    path = described(tmp_path / "to" / "a.tar.gz", info)
    assert place.size("a.tar.gz", EMBEDDED) == path.stat().st_size
    assert place.size("a.tar.gz", "another") is None
    for name, other in (("none", None), ("broken", b"{"), ("odd", {"model_id": EMBEDDED})):
        described(tmp_path / "to" / f"{name}.tar.gz", other)
        assert place.size(f"{name}.tar.gz", EMBEDDED) is None
    (tmp_path / "to" / "folder.tar.gz").mkdir()
    assert place.size("folder.tar.gz", EMBEDDED) is None


def test_a_folder_receives_what_is_made_under_its_name(tmp_path: Path) -> None:
    place = destination(tmp_path / "to")
    size = place.receive("a.tar.gz", lambda path: described(path, b"{}"))
    assert size == (tmp_path / "to" / "a.tar.gz").stat().st_size


def test_a_bucket_receives_an_archive_once_and_knows_its_own(
    bucket: str, s3: Any, tmp_path: Path, scratch: Path
) -> None:
    place = destination(f"s3://{bucket}/p/")
    assert place.size("a.tar.gz", EMBEDDED) is None
    made = embedded.archive_path(EMBEDDED)
    size = place.receive("a.tar.gz", lambda path: path.write_bytes(made.read_bytes()))
    assert size == made.stat().st_size == place.size("a.tar.gz", EMBEDDED)
    assert buckets.keys(s3, bucket) == {"p/a.tar.gz"}
    assert list(scratch.iterdir()) == []
    # Of another's object this package does not know whether it is complete.
    s3.put_object(Bucket=bucket, Key="p/b.tar.gz", Body=b"x")
    assert place.size("b.tar.gz", EMBEDDED) is None
