"""What of a bucket's models is uploaded, compared or left: with little beside them.

The real scripts and the whole catalogue are published in ``test_publish.py``.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded, specs
from ic_tf_sdk._version import __version__
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import script_archive
from ic_tf_sdk.content.digest import archive_digest
from ic_tf_sdk.content.mirror import Mirrored
from ic_tf_sdk.content.publish import Published, policy, publish
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.contract import archive
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import ArchiveError, FileAccessError, OutputExistsError
from ic_tf_sdk.specs.archive_name import archive_name
from ic_tf_sdk.specs.export import MANIFEST, export_catalogue
from ic_tf_sdk.specs.source import PUBLISHED, ContentSource, named
from tests.content import buckets
from tests.content.buckets import keys

publish_module = import_module("ic_tf_sdk.content.publish")

EMBEDDED = embedded.MODEL_IDS[0]
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
SOURCE = named(PUBLISHED)
SPECS = 3


@pytest.fixture
def bucket(aws: str, s3: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    name = buckets.make(s3, f"{abs(hash(request.node.name)):x}")
    yield name
    buckets.remove(s3, name)


@pytest.fixture(autouse=True)
def _small_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(scope: str, folder: Path, *, wheel_folder: object = None) -> Path:
        content = folder / "content"
        content.mkdir(parents=True)
        (content / "scope.txt").write_text(f"{scope} {wheel_folder}")
        return archive.pack(content, folder / "sourcedir.tar.gz") or folder / "sourcedir.tar.gz"

    monkeypatch.setattr(script_archive, "build", build)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first specs of the catalogue: each is an upload."""
    folder = tmp_path_factory.mktemp("catalogue")
    export_catalogue(folder, source=SOURCE)
    headers = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(headers[:SPECS]))
    for header in headers[SPECS:]:
        (folder / header["spec_key"]).unlink()
    return folder


@pytest.fixture(autouse=True)
def _small_catalogue(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def export(folder: Path, *, source: ContentSource) -> None:
        shutil.copytree(catalogue, folder)

    monkeypatch.setattr(publish_module, "export_catalogue", export)


def model_key(model_id: str, scope: Any) -> str:
    return SOURCE.model_key(specs.get(model_id), scope)


def states(found: Sequence[Published], *wanted: str) -> dict[str, str]:
    return {done.key: done.state for done in found if done.key in wanted}


def test_all_is_planned_uploaded_once_and_told_as_it_comes(bucket: str, s3: Any) -> None:
    seen: list[Published] = []
    planned = publish(bucket=bucket, dry_run=True, on_object=seen.append)
    assert {done.state for done in planned} == {"missing"}
    assert sorted(done.key for done in seen) == sorted(done.key for done in planned)
    assert keys(s3, bucket) == set()
    scripts = [SOURCE.script_key(specs.get(EMBEDDED), scope) for scope in SCOPES]
    models = [model_key(EMBEDDED, scope) for scope in SCOPES]
    # First what the manifest names, by kinds.
    assert [done.key for done in planned[:4]] == [*scripts, *models]
    assert [done.size_bytes for done in planned[2:4]] == [
        embedded.archive_path(EMBEDDED, scope).stat().st_size for scope in SCOPES
    ]
    assert len({done.key for done in planned}) == len(planned) == 4 + SPECS

    first = publish(bucket=bucket)
    assert {done.state for done in first} == {"uploaded"}
    assert [done.key for done in first] == [done.key for done in planned]
    for done in first[:4]:
        assert s3.head_object(Bucket=bucket, Key=done.key)["ContentLength"] == done.size_bytes
    manifests = {"models_manifest.json", "proprietary-sdk-manifest.json"}
    assert keys(s3, bucket) == {*(done.key for done in first), *manifests}

    manifest = s3.get_object(Bucket=bucket, Key="models_manifest.json")["Body"].read()
    assert manifest.endswith(b"]\n")
    headers = json.loads(manifest)
    assert sorted(header["spec_key"] for header in headers) == sorted(
        done.key for done in first[4:]
    )
    assert all(done.key.startswith(f"ic-tf-sdk/v{__version__}/") for done in first)

    for again in (publish(bucket=bucket), publish(bucket=bucket, dry_run=True)):
        assert {done.state for done in again} == {"there"}
        assert [done.size_bytes for done in again] == [done.size_bytes for done in first]


def test_other_bytes_stop_it_before_a_manifest_names_them(bucket: str, s3: Any) -> None:
    training, inference = (model_key(EMBEDDED, scope) for scope in SCOPES)
    s3.put_object(Bucket=bucket, Key=training, Body=b"somebody else's")
    planned = publish(bucket=bucket, dry_run=True)
    assert states(planned, training, inference) == {training: "differs", inference: "missing"}
    with pytest.raises(OutputExistsError, match="never overwritten"):
        publish(bucket=bucket)
    assert not [key for key in keys(s3, bucket) if key.endswith(".json")]
    assert inference not in keys(s3, bucket)


def test_one_scope_alone_and_the_archives_of_a_folder(bucket: str, s3: Any, tmp_path: Path) -> None:
    name = archive_name(specs.get(EMBEDDED), "training")
    content = tmp_path / "content"
    archive.extract(embedded.archive_path(EMBEDDED), content)
    (tmp_path / "models").mkdir()
    # Packed anew: the same content.
    archive.pack(content, tmp_path / "models" / name)
    done = publish(bucket=bucket, scopes=("training",), models=tmp_path / "models")
    training, inference = (model_key(EMBEDDED, scope) for scope in SCOPES)
    assert states(done, training, inference) == {training: "uploaded"}
    stored = s3.get_object(Bucket=bucket, Key=training)["Body"].read()
    assert stored == (tmp_path / "models" / name).read_bytes()
    assert states(publish(bucket=bucket, dry_run=True), training, inference) == {
        training: "there",
        inference: "missing",
    }


class Mirror:
    """What stands for ``ic-tf mirror``: it packs the embedded archive under any name."""

    def __init__(self, problem: str = "") -> None:
        self.calls: list[tuple[list[str], tuple[str, ...], object]] = []
        self._problem = problem

    def __call__(
        self, *, model_ids: list[str], to: Path, scopes: tuple[Any, ...], labels: object
    ) -> list[Mirrored]:
        self.calls.append((model_ids, scopes, labels))
        for model_id in [] if self._problem else model_ids:
            path = to / archive_name(specs.get(model_id), scopes[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(embedded.archive_path(EMBEDDED, scopes[0]).read_bytes())
        return [Mirrored(one, scopes[0], "", 0, 0.0, self._problem) for one in model_ids]


def test_what_is_nowhere_is_mirrored_first_and_nothing_else(
    bucket: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "mirror", mirror := Mirror())
    training, inference = (model_key(MOBILENET, scope) for scope in SCOPES)
    planned = publish(bucket=bucket, model_ids=[MOBILENET], dry_run=True)
    assert mirror.calls == []
    # How large it will be nobody knows yet.
    assert [one.size_bytes for one in planned if one.key in (training, inference)] == [0, 0]
    one = embedded.archive_path(EMBEDDED)
    Store(bucket).put(one, training, identify=archive_digest)
    options: dict[str, Any] = {"bucket": bucket, "model_ids": [MOBILENET, MOBILENET]}
    done = publish(**options, labels="labels.txt", models=tmp_path / "models")
    assert mirror.calls == [([MOBILENET], ("inference",), "labels.txt")]
    assert states(done, training, inference) == {training: "there", inference: "uploaded"}
    # Without a file to compare with, it is what its metadata says, and as large as it is there.
    [size] = [item.size_bytes for item in done if item.key == training]
    assert size == one.stat().st_size
    assert states(publish(**options, dry_run=True), training) == {training: "there"}
    mirror.calls.clear()
    assert states(publish(**options), training, inference) == dict.fromkeys(
        (training, inference), "there"
    )
    assert mirror.calls == []


def test_a_model_of_others_in_the_bucket_is_none_of_ours(
    bucket: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "mirror", mirror := Mirror())
    key = model_key(MOBILENET, "training")
    s3.put_object(Bucket=bucket, Key=key, Body=b"somebody else's")
    options: dict[str, Any] = {"model_ids": [MOBILENET], "scopes": ("training",)}
    planned = publish(bucket=bucket, dry_run=True, **options)
    assert states(planned, key) == {key: "differs"}
    [size] = [item.size_bytes for item in planned if item.key == key]
    assert size == len(b"somebody else's")
    with pytest.raises(OutputExistsError):
        publish(bucket=bucket, models=tmp_path / "models", **options)
    assert mirror.calls == [([MOBILENET], ("training",), None)]


def test_models_that_are_not_to_be_had_are_all_named_and_no_manifest_is_written(
    bucket: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "mirror", Mirror("no host"))
    with pytest.raises(ArchiveError) as refused:
        publish(bucket=bucket, model_ids=[MOBILENET])
    assert str(refused.value).splitlines() == [
        "Some models are not to be had (--scope publishes one kind alone):",
        f"{MOBILENET}, training: no host",
        f"{MOBILENET}, inference: no host",
    ]
    assert "models_manifest.json" not in keys(s3, bucket)


def test_a_folder_that_must_be_written_and_cannot_be_is_refused_first(bucket: str, s3: Any) -> None:
    with pytest.raises(FileAccessError):
        publish(bucket=bucket, model_ids=[MOBILENET], models="/proc/self/out")
    assert keys(s3, bucket) == set()


def test_the_wheels_are_taken_from_where_is_said(bucket: str, s3: Any, tmp_path: Path) -> None:
    publish(bucket=bucket, wheel_folder="there")
    key = SOURCE.script_key(specs.get(EMBEDDED), "training")
    s3.download_file(bucket, key, str(tmp_path / "script"))
    assert archive.read_member(tmp_path / "script", "scope.txt") == b"training there"


@pytest.mark.parametrize(("region", "partition"), [("us-west-2", "aws"), ("cn-north-1", "aws-cn")])
def test_the_policy_is_of_the_regions_partition(region: str, partition: str) -> None:
    look, write = policy("b", region)["Statement"]
    assert look["Resource"] == [f"arn:{partition}:s3:::b"]
    assert write["Resource"] == [f"arn:{partition}:s3:::b/*"]


def command(*words: object) -> Any:
    result = CliRunner().invoke(main, ["publish", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result


def test_the_command_shows_archives_one_by_one_and_specs_as_a_number(bucket: str, s3: Any) -> None:
    usual = ("--bucket", bucket, "--region", "us-west-2")
    for words, state in (((*usual, "--dry-run"), "missing"), (usual, "uploaded")):
        result = command(*words)
        head, *lines = result.stdout.splitlines()
        assert head.split() == ["object", "size", "state"]
        size = f"{embedded.archive_path(EMBEDDED).stat().st_size / 1e6:.1f}"
        assert lines[2].split() == [model_key(EMBEDDED, "training"), size, "MB", state]
        assert lines[4].split() == [str(SPECS), "model", "specs", state]
        said = [f"Use it with: export AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE={bucket}"]
        assert lines[6:] == ([] if state == "missing" else said)
        assert len(lines) == (5 if state == "missing" else 7)
        assert result.stderr == ""
    rows = json.loads(command(*usual, "--json").stdout)
    assert len(rows) == 4 + SPECS
    assert {row["state"] for row in rows} == {"there"}


def test_the_command_publishes_what_was_asked_for(
    bucket: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_module, "mirror", mirror := Mirror())
    words = ["--bucket", bucket, "--scope", "training", "--labels", "l.txt", "--wheels", tmp_path]
    result = command(MOBILENET, *words, "--models", tmp_path / "models")
    assert mirror.calls == [([MOBILENET], ("training",), "l.txt")]
    assert model_key(MOBILENET, "training") in result.stdout
    assert model_key(MOBILENET, "inference") not in result.stdout
    key = SOURCE.script_key(specs.get(EMBEDDED), "training")
    s3.download_file(bucket, key, str(tmp_path / "script"))
    assert archive.read_member(tmp_path / "script", "scope.txt") == f"training {tmp_path}".encode()


def test_the_policy_needs_no_bucket_and_has_the_hubs_part_where_one_is_named() -> None:
    words = ("--bucket", "b", "--region", "us-west-2", "--print-policy")
    plain = json.loads(command(*words).stdout)["Statement"]
    both = json.loads(command(*words, "--hub", "h").stdout)["Statement"]
    assert both[:-1] == plain
    assert both[-1]["Resource"][0].endswith(":hub/h")
