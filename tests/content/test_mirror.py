"""Mirroring: from a loopback host as TF Hub is one, and from what is already here."""

import gzip
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.content import hub, retry, training_archive
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import ArchiveError, MissingExtraError, StorageError, UserError
from ic_tf_sdk.training.network.backbone import open_source
from tests.content.hub_server import Host, serving

# 128 x 128 pixels in, 256 features out.
MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"
TRAINING = ("training",)


def save_module(folder: Path, *, size: int = 128, features: int = 256) -> Path:
    """A module of that contract, small, with pixels that do not compress."""
    import tensorflow as tf

    module = tf.Module()
    rng = np.random.default_rng(3)
    module.kernel = tf.Variable(rng.normal(size=(3, features)).astype("float32"))
    module.ballast = tf.Variable(rng.normal(size=(200, 200)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.float32)])
    def call(images: Any) -> Any:
        return tf.reduce_mean(images, [1, 2]) @ module.kernel + module.ballast[0, 0]

    module.__call__ = call
    tf.saved_model.save(module, str(folder))
    return folder


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_module(tmp_path_factory.mktemp("module") / "saved_model")


@pytest.fixture(scope="module")
def host(module_folder: Path) -> Iterator[Host]:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(module_folder, "./")
    with serving(packed.getvalue()) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.01)
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_module_is_downloaded_checked_and_packed_for_training(host: Host, tmp_path: Path) -> None:
    [done] = mirror(
        model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path, handle=host.handle_of("good")
    )
    assert not done.problem
    assert only(tmp_path) == [f"train-{MODEL_ID}.tar.gz"]
    source = open_source(Path(done.location))
    spec = specs.get(MODEL_ID)
    assert source.info.model_id == MODEL_ID
    assert source.info.hub_handle == host.handle_of("good")
    assert (source.info.input_height, source.info.feature_vector_size) == (128, 256)
    assert source.info.pixel_range == spec.pixel_range
    assert {path.split("/")[0] for path in source.info.files} == {"1"}
    assert "TFHUB_CACHE_DIR" not in os.environ


def test_a_second_run_asks_the_host_for_nothing(host: Host, tmp_path: Path) -> None:
    for _ in range(2):
        [done] = mirror(
            model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path, handle=host.handle_of("flaky")
        )
        assert not done.problem
        count = host.requests["/flaky/module/1"]
    assert count == 3


@pytest.mark.parametrize(
    ("behaviour", "attempts", "said"),
    [
        ("forbidden", 1, "403"),
        ("broken", 3, "500"),
        ("cut", 3, "cannot be downloaded"),
        ("corrupt", 3, "does not appear to be a valid module"),
    ],
)
def test_a_host_on_a_bad_day_gets_a_sentence_with_remedies_and_leaves_nothing(
    host: Host, tmp_path: Path, behaviour: str, attempts: int, said: str
) -> None:
    before = host.requests[f"/{behaviour}/module/1"]
    [done] = mirror(
        model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path / "to", handle=host.handle_of(behaviour)
    )
    assert said in done.problem
    for remedy in ("TFHUB_MODEL_LOAD_FORMAT", "kaggle://", "--from"):
        assert remedy in done.problem
    assert host.requests[f"/{behaviour}/module/1"] - before == attempts
    assert only(tmp_path / "to") == []


def test_the_users_own_cache_is_used_and_kept(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    for target in ("one", "two"):
        before = host.requests["/good/module/1"]
        mirror(
            model_ids=[MODEL_ID],
            scopes=TRAINING,
            to=tmp_path / target,
            handle=host.handle_of("good"),
        )
    assert host.requests["/good/module/1"] == before
    one, two = (next((tmp_path / name).glob("*.gz")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_broken_module_in_the_cache_is_dropped(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a connection that closed between two members, which no reader notices."""
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    cached = hub.resolve(host.handle_of("good"))
    shutil.rmtree(cached / "variables")
    [done] = mirror(
        model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path / "to", handle=host.handle_of("good")
    )
    assert "is not" in done.problem
    assert not cached.exists()
    [done] = mirror(
        model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path / "to", handle=host.handle_of("good")
    )
    assert not done.problem


@pytest.mark.parametrize(
    ("size", "features", "said"),
    [(96, 256, "128 x 128 pixels does not pass"), (128, 99, r"shape \[1, 99\], not \[1, 256\]")],
)
def test_another_module_than_the_models_is_refused(
    tmp_path: Path, size: int, features: int, said: str
) -> None:
    other = save_module(tmp_path / "other", size=size, features=features)
    with pytest.raises(ArchiveError, match=said):
        training_archive.build(
            specs.get(MODEL_ID), other, tmp_path / "to" / "x.tar.gz", handle=None
        )
    assert only(tmp_path / "to") == []


def test_a_folder_and_its_archive_give_the_same_bytes(module_folder: Path, tmp_path: Path) -> None:
    packed = tmp_path / "module.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(module_folder, "some/where")
    spec = specs.get(MODEL_ID)
    one = training_archive.build(spec, module_folder, tmp_path / "one.tar.gz", handle=None)
    two = training_archive.build(spec, packed, tmp_path / "two.tar.gz", handle=None)
    assert one.read_bytes() == two.read_bytes()
    assert archive.read_member(one, model_info.FILE_NAME)


def hostile(target: Path, **member: Any) -> Path:
    """An archive whose only member is declared like that; its content is 512 zero bytes."""
    info = tarfile.TarInfo(member.pop("name", "saved_model.pb"))
    for name, value in member.items():
        setattr(info, name, value)
    target.write_bytes(gzip.compress(info.tobuf() + bytes(512)))
    return target


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({"name": "../escaped"}, "outside its folder"),
        ({"name": "/tmp/escaped"}, "outside its folder"),
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "a link or device"),
        ({"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, "a link or device"),
        ({"type": tarfile.CHRTYPE}, "a link or device"),
        ({"type": tarfile.BLKTYPE}, "a link or device"),
        ({"type": tarfile.FIFOTYPE}, "a link or device"),
        ({"size": 10**10}, "declares more than"),
    ],
)
def test_a_hostile_archive_writes_nothing(
    tmp_path: Path, member: dict[str, Any], said: str
) -> None:
    bad = hostile(tmp_path / "bad.tar.gz", **member)
    with pytest.raises(ArchiveError, match=said):
        training_archive.build(specs.get(MODEL_ID), bad, tmp_path / "to" / "x.tar.gz", handle=None)
    assert only(tmp_path / "to") == []
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize(
    "member",
    [
        {"name": "../escaped"},
        {"name": "1/../../../escaped"},
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.CHRTYPE},
    ],
)
def test_a_hostile_download_writes_nothing(tmp_path: Path, member: dict[str, Any]) -> None:
    bad = hostile(tmp_path / "bad.tar.gz", **member)
    with serving(bad.read_bytes()) as server:
        [done] = mirror(
            model_ids=[MODEL_ID],
            scopes=TRAINING,
            to=tmp_path / "to",
            handle=server.handle_of("good"),
        )
    assert "cannot be downloaded" in done.problem
    assert only(tmp_path / "to") == []
    assert not list(tmp_path.rglob("escaped"))


def test_no_room_for_the_archive_leaves_nothing(module_folder: Path, tmp_path: Path) -> None:
    """No file may have more than 32 KiB; the variables have 160 KB."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 << 10, hard))
    try:
        [done] = mirror(
            model_ids=[MODEL_ID], scopes=TRAINING, to=tmp_path / "to", source=module_folder
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert "cannot be written" in done.problem
    assert "free some space" in done.problem
    assert only(tmp_path / "to") == []


def test_a_full_disk_leaves_nothing(module_folder: Path, tmp_path: Path) -> None:
    """On a real file system of 128 KiB, mounted for the child alone; the module has 160 KB."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    small = tmp_path / "small"
    small.mkdir()
    shell = (
        f'mount -t tmpfs -o size=128k none "{small}" && "$@"; code=$?; ls -A "{small}"; exit $code'
    )
    command = [str(Path(sys.executable).with_name("ic-tf")), "mirror", MODEL_ID, "--to", str(small)]
    command = ["unshare", "-rm", "sh", "-c", shell, "sh", *command, "--from", str(module_folder)]
    command += ["--scope", "training"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"needs user namespaces: {done.stderr}")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Nothing was left there" in done.stderr
    assert done.stdout.strip() == ""


def test_a_kaggle_handle_needs_kagglehub_and_says_so() -> None:
    assert hub.kaggle_handle("kaggle://google/a/tensorFlow2/b/1") == "google/a/tensorFlow2/b/1"
    assert hub.kaggle_handle("https://tfhub.dev/google/a/1") is None
    if "kagglehub" in sys.modules:
        pytest.skip("kagglehub is installed")
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[kaggle\]"):
        hub.resolve("kaggle://google/a/tensorFlow2/b/1")


def test_a_source_is_for_one_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name one model id"):
        mirror(model_ids=[MODEL_ID, "x"], to=tmp_path, source=tmp_path)


def test_the_command_mirrors_an_embedded_model_and_reports_json(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from ic_tf_sdk.cli import main

    result = CliRunner().invoke(
        main, ["mirror", "--family", "embedded", "--to", str(tmp_path), "--json"]
    )
    assert result.exit_code == 0, result.output
    for row, prefix in zip(json.loads(result.output), ("train", "infer"), strict=True):
        assert Path(row["location"]).name == f"{prefix}-{row['model_id']}.tar.gz"
        assert Path(row["location"]).stat().st_size == row["size_bytes"]
    wrong = CliRunner().invoke(main, ["mirror", "--family", "MobilNetV2", "--to", str(tmp_path)])
    assert "Did you mean 'MobileNetV2'" in wrong.output


def test_storage_errors_are_os_errors() -> None:
    assert issubclass(StorageError, OSError)


@pytest.mark.parametrize("scope", ["training", pytest.param("inference", marks=pytest.mark.slow)])
def test_the_extras_weights_are_packed_without_a_network(
    scope: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite0 = "tensorflow-ic-efficientnet-lite0-classification-2"
    monkeypatch.setattr(hub, "resolve", lambda handle: pytest.fail(f"{handle} was asked for"))
    [done] = mirror(model_ids=[lite0], to=tmp_path, scopes=(scope,))  # type: ignore[arg-type]
    assert done.problem == ""
    archive.extract(Path(done.location), tmp_path / "model")
    info = model_info.read(tmp_path / "model")
    assert info is not None
    info.verify(tmp_path / "model")
    assert info.model_id == lite0
