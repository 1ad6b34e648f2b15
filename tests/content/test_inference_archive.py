"""Inference archives of pretrained models: mirrored, served in the container, published."""

import hashlib
import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded, model_uris, specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import inference_archive as inference_archives
from ic_tf_sdk.content import retry
from ic_tf_sdk.content.digest import archive_digest, content_digest
from ic_tf_sdk.content.mirror import Mirrored, mirror
from ic_tf_sdk.content.publish import publish
from ic_tf_sdk.content.store import Store
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, UserError
from ic_tf_sdk.inference.predictor import LocalPredictor
from tests.content import buckets
from tests.content.classifier_module import (
    LABELS,
    green_picture,
    packed,
    save_classifier,
    save_distilled,
)
from tests.content.hub_server import BAD_DAY, Host, serving
from tests.inference import servers, tensorflow_serving

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"
OTHER_ID = "tensorflow-ic-imagenet-mobilenet-v1-050-128-classification-4"
UNDOCUMENTED = "tensorflow-ic-efficientnet-v2-imagenet21k-ft1k-b0"
NAME = f"infer-{MODEL_ID}.tar.gz"
INFERENCE = ("inference",)
VERBOSE = {"Accept": "application/json;verbose"}


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("classifier") / "saved_model")


@pytest.fixture(scope="module")
def host(module_folder: Path) -> Iterator[Host]:
    with serving(packed(module_folder)) as server:
        server.files["/good/labels.txt"] = "\n".join(LABELS).encode()
        server.files |= {f"/{day}/labels.txt": BAD_DAY for day in ("forbidden", "cut", "broken")}
        yield server


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(LABELS) + "\n")
    return path


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.01)
    monkeypatch.delenv("TFHUB_CACHE_DIR", raising=False)


@pytest.fixture(scope="module")
def inference_archive(module_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inference")
    return build(module_folder, folder / NAME)


def build(module: Path, target: Path, names: tuple[str, ...] = LABELS) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    labels = target.with_suffix(".txt")
    labels.write_text("\n".join(names))
    return inference_archives.build(specs.get(MODEL_ID), module, target, labels=labels, handle=None)


def test_a_classifier_is_downloaded_checked_and_packed_for_an_endpoint(
    host: Host, tmp_path: Path
) -> None:
    [done] = mirror(
        model_ids=[MODEL_ID],
        scopes=INFERENCE,
        to=tmp_path / "to",
        handle=host.handle_of("good"),
        labels=host.url_of("/good/labels.txt"),
    )
    assert not done.problem
    assert [path.name for path in (tmp_path / "to").iterdir()] == [NAME]
    archive.extract(Path(done.location), tmp_path / "model")
    info = model_info.read(tmp_path / "model")
    assert info is not None
    info.verify(tmp_path / "model")
    assert (info.model_id, info.hub_handle) == (MODEL_ID, host.handle_of("good"))
    assert {
        "1/saved_model.pb",
        "1/assets/labels.json",
        "1/assets.extra/tf_serving_warmup_requests",
        "code/inference.py",
    } <= set(info.files)
    answer = json.loads(LocalPredictor(done.location).predict(green_picture(), VERBOSE))
    assert answer["predicted_label"] == "green"
    assert answer["labels"] == list(LABELS)


@pytest.mark.parametrize("generation", ["old", "new"])
def test_the_container_serves_it(inference_archive: Path, generation: str, tmp_path: Path) -> None:
    """Unpacked as SageMaker does, behind the container's Python service of either generation."""
    archive.extract(inference_archive, tmp_path / "model")
    with servers.running(tensorflow_serving.app(tmp_path / "model")) as rest:
        uri = f"{rest}/v1/models/model:predict"
        with servers.gunicorn(tmp_path / "model", uri, generation, tmp_path) as url:
            answer = servers.post(
                f"{url}/invocations",
                green_picture(),
                Content_Type="application/x-image",
                Accept=VERBOSE["Accept"],
            )
    assert answer.status == 200
    assert answer.json()["predicted_label"] == "green"
    assert answer.body == LocalPredictor(inference_archive).predict(green_picture(), VERBOSE)


def test_a_classifier_that_trains_unless_told_not_to_answers_in_inference_mode(
    tmp_path: Path,
) -> None:
    distilled = build(save_distilled(tmp_path / "distilled", size=128), tmp_path / "to" / NAME)
    answer = json.loads(LocalPredictor(distilled).predict(green_picture(), VERBOSE))
    assert answer["predicted_label"] == "blue"


def test_several_models_are_taken_from_the_users_cache_and_share_their_label_file(
    host: Host, module_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    for model_id in (MODEL_ID, OTHER_ID):
        # The name under which tensorflow_hub keeps a module.
        handle = str(specs.get(model_id).classification_handle)
        name = hashlib.sha1(handle.encode()).hexdigest()
        shutil.copytree(module_folder, tmp_path / "cache" / name)
    before = host.requests["/good/labels.txt"]
    seen: list[Mirrored] = []
    for _ in range(2):
        found = mirror(
            model_ids=[MODEL_ID, OTHER_ID],
            scopes=INFERENCE,
            to=tmp_path / "to",
            labels=host.url_of("/good/labels.txt"),
            on_model=seen.append,
        )
    assert [done.problem for done in found] == ["", ""]
    assert host.requests["/good/labels.txt"] - before == 1
    assert [done.seconds for done in seen[2:]] == [0, 0]
    assert {done.size_bytes for done in found} == {
        path.stat().st_size for path in (tmp_path / "to").iterdir()
    }


@pytest.mark.parametrize(
    ("day", "attempts_made", "said"),
    [("forbidden", 1, "403"), ("broken", 3, "500"), ("cut", 3, "")],
)
def test_a_label_host_on_a_bad_day_gets_a_sentence_and_leaves_nothing(
    host: Host, module_folder: Path, tmp_path: Path, day: str, attempts_made: int, said: str
) -> None:
    [done] = mirror(
        model_ids=[MODEL_ID],
        scopes=INFERENCE,
        to=tmp_path / "to",
        source=module_folder,
        labels=host.url_of(f"/{day}/labels.txt"),
    )
    assert said in done.problem
    assert "cannot be downloaded" in done.problem
    assert "--labels" in done.problem
    assert host.requests[f"/{day}/labels.txt"] == attempts_made
    assert done.size_bytes == 0
    assert not (tmp_path / "to").exists()


def test_an_undocumented_label_set_asks_for_the_file(module_folder: Path, tmp_path: Path) -> None:
    [done] = mirror(
        model_ids=[UNDOCUMENTED], scopes=INFERENCE, to=tmp_path / "to", source=module_folder
    )
    assert "label set" in done.problem
    assert "--labels" in done.problem


def test_the_embedded_model_has_both_archives_without_a_download(tmp_path: Path) -> None:
    [model_id] = embedded.MODEL_IDS
    found = mirror(model_ids=[model_id], to=tmp_path)
    assert [(done.scope, done.problem) for done in found] == [("training", ""), ("inference", "")]
    assert Path(found[1].location).read_bytes() == (
        embedded.archive_path(model_id, "inference").read_bytes()
    )


def test_another_classifier_than_the_models_is_refused(tmp_path: Path) -> None:
    other = save_classifier(tmp_path / "other", size=96)
    with pytest.raises(ArchiveError, match="128 x 128 pixels does not pass"):
        build(other, tmp_path / "to" / NAME)
    with pytest.raises(UserError, match="2 labels, the classifier 4 outputs"):
        build(save_classifier(tmp_path / "right"), tmp_path / "to" / NAME, ("a", "b"))
    broken = save_classifier(tmp_path / "broken")
    next(broken.glob("variables/*.index")).write_bytes(b"")
    with pytest.raises(ArchiveError, match="cannot be loaded"):
        build(broken, tmp_path / "to" / NAME)
    assert [path.suffix for path in (tmp_path / "to").iterdir()] == [".txt"]


def test_a_full_disk_leaves_no_half_archive(module_folder: Path, labels: Path) -> None:
    """No file may have more than 16 KiB; the graph alone has more."""
    target = labels.parent / "to"
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, hard))
    try:
        [done] = mirror(
            model_ids=[MODEL_ID], scopes=INFERENCE, to=target, source=module_folder, labels=labels
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert "cannot be written" in done.problem
    assert list(target.iterdir()) == []


def test_wrapping_again_gives_the_same_identity_and_other_labels_another(
    inference_archive: Path, module_folder: Path, tmp_path: Path
) -> None:
    """TensorFlow writes other graph bytes each time; what it is stays the same."""
    again = build(module_folder, tmp_path / "again" / NAME)
    assert content_digest(again) != content_digest(inference_archive)
    assert archive_digest(again) == archive_digest(inference_archive)
    renamed = build(module_folder, tmp_path / "renamed" / NAME, (*LABELS[:3], "gray"))
    assert archive_digest(renamed) != archive_digest(inference_archive)
    brighter = save_classifier(tmp_path / "brighter", brightness=4.0)
    assert archive_digest(build(brighter, tmp_path / "b" / NAME)) != archive_digest(renamed)
    assert archive_digest(embedded.archive_path(embedded.MODEL_IDS[0])) == content_digest(
        embedded.archive_path(embedded.MODEL_IDS[0])
    )


@pytest.mark.slow
@pytest.mark.merge
def test_the_published_source_points_to_it(
    aws: str,
    s3: Any,
    inference_archive: Path,
    module_folder: Path,
    tmp_path: Path,
    wheels: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket = buckets.make(s3, "classifier")
    publishing = {"bucket": bucket, "model_ids": [MODEL_ID], "scopes": INFERENCE}
    first = publish(**publishing, models=inference_archive.parent, wheel_folder=wheels)
    assert {done.state for done in first} == {"uploaded"}
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", bucket)
    uri = model_uris.retrieve(model_id=MODEL_ID, model_version="*", model_scope="inference")
    copy = tmp_path / NAME
    s3.download_file(bucket, uri.removeprefix(f"s3://{bucket}/"), str(copy))
    assert copy.read_bytes() == inference_archive.read_bytes()

    # A machine that has nothing does not ask TF Hub; one that mirrored it again has the same.
    again = publish(**publishing, wheel_folder=wheels)
    assert {done.state for done in again} == {"there"}
    key = uri.removeprefix(f"s3://{bucket}/")
    rebuilt = build(module_folder, tmp_path / "models" / NAME)
    assert Store(bucket).put(rebuilt, key, identify=archive_digest) is False
    renamed = build(module_folder, tmp_path / "renamed" / NAME, (*LABELS[:3], "gray"))
    with pytest.raises(OutputExistsError, match="never overwritten"):
        Store(bucket).put(renamed, key, identify=archive_digest)
    buckets.remove(s3, bucket)


def test_the_command_says_what_it_made(module_folder: Path, labels: Path) -> None:
    command = ["mirror", MODEL_ID, "--from", str(module_folder), "--labels", str(labels)]
    command += ["--to", str(labels.parent / "to")]
    done = CliRunner().invoke(main, [*command, "--scope", "inference"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{MODEL_ID}, inference: ")
    assert done.stdout.rstrip().endswith(NAME)
    assert f"ic-tf predict {MODEL_ID} --models {labels.parent / 'to'} PHOTO.jpg" in done.stderr
    both = CliRunner().invoke(main, command)
    assert both.exit_code != 0
    assert "--scope" in str(both.exception) + both.output
