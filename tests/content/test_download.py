"""``--download``: the weights come into the cache, checked, or nothing does."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk import specs
from ic_tf_sdk.backbones import at_hand, cache, hub_cache
from ic_tf_sdk.cli import main
from ic_tf_sdk.content.download import download
from ic_tf_sdk.errors import DownloadError
from tests.content.classifier_module import LABELS, green_picture, packed, save_classifier
from tests.content.hub_server import Host, serving
from tests.content.test_mirror import MODEL_ID, save_module

# Sends TF Hub's address to the host of the test, in the child process that fetches.
REDIRECT = """
import os, urllib.request

opened = urllib.request.OpenerDirector.open

def redirected(opener, request, *arguments, **named):
    address = request if isinstance(request, str) else request.full_url
    if address.startswith("https://tfhub.dev/"):
        request = os.environ["TEST_HANDLE"] + "?tf-hub-format=compressed"
    if address.startswith("https://storage.googleapis.com/"):
        request = os.environ["TEST_LABELS"]
    return opened(opener, request, *arguments, **named)

urllib.request.OpenerDirector.open = redirected
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    packed = io.BytesIO()
    module = save_module(tmp_path_factory.mktemp("module") / "saved_model")
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(module, "./")
    with serving(packed.getvalue()) as server:
        yield server


@pytest.fixture(autouse=True)
def _redirected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(REDIRECT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=":")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(hub_cache.CACHE_VARIABLE, raising=False)


def fit(*words: object) -> Result:
    return CliRunner().invoke(main, ["fit", *map(str, words), "--download", "--dry-run"])


def test_the_weights_are_fetched_once_and_then_at_hand(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_HANDLE", host.handle_of("good"))
    first = fit(tmp_path, "--model", MODEL_ID)
    assert first.exit_code == 0, first.output
    assert f"Fetching {MODEL_ID} into {tmp_path / 'cache'}" in first.stderr
    backbone = at_hand.find(MODEL_ID)
    assert backbone is not None
    assert backbone.place == "download"
    assert str(backbone.location) in first.stdout
    assert "Fetching" not in fit(tmp_path, "--model", MODEL_ID).stderr


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        pytest.param("cut", 0.3, marks=pytest.mark.slow),
        pytest.param("changed", 0.9, marks=[pytest.mark.slow, pytest.mark.merge]),
    ],
)
def test_a_damaged_archive_of_the_cache_is_fetched_anew(
    kind: str, place: float, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_HANDLE", host.handle_of("good"))
    download(MODEL_ID)
    [archive] = (tmp_path / "cache" / "models").glob("*.tar.gz")
    whole = archive.read_bytes()
    at = int(place * len(whole))
    archive.write_bytes(whole[:at] + (b"" if kind == "cut" else b"damaged" + whole[at + 7 :]))
    again = fit(tmp_path, "--model", MODEL_ID)
    assert again.exit_code == 0, again.output
    assert f"Fetching {MODEL_ID}" in again.stderr
    assert archive.read_bytes() == whole


def test_a_damaged_archive_of_the_cache_is_none(tmp_path: Path) -> None:
    archive = at_hand.downloads() / f"train-{MODEL_ID}.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"no archive")
    assert at_hand.find(MODEL_ID) is None
    assert at_hand.available() != []
    said = CliRunner().invoke(main, ["fit", str(tmp_path), "--model", MODEL_ID, "--dry-run"])
    assert said.exit_code == 1
    assert "fetch them (--download)" in said.stderr


def test_a_classifier_is_fetched_with_its_labels_to_predict_and_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "green.png"
    picture.write_bytes(green_picture())
    words = [MODEL_ID, "--download"]
    with serving(packed(save_classifier(tmp_path / "module"))) as server:
        server.files["/good/labels.txt"] = "\n".join(LABELS).encode()
        monkeypatch.setenv("TEST_HANDLE", server.handle_of("good"))
        monkeypatch.setenv("TEST_LABELS", server.url_of("/good/labels.txt"))
        first = CliRunner().invoke(main, ["predict", *words, str(picture), "--json"])
    assert first.exit_code == 0, first.output
    assert f"Fetching {MODEL_ID} into" in first.stderr
    assert json.loads(first.stdout)[0]["predicted_label"] == "green"
    found = at_hand.find(MODEL_ID, "inference")
    assert found is not None
    assert found.place == "download"
    # The host is gone: what is at hand is not fetched.
    out = str(tmp_path / "model.tflite")
    second = CliRunner().invoke(main, ["export", *words, "--images", str(picture), "--out", out])
    assert second.exit_code == 0, second.output
    assert "Fetching" not in second.stderr


@pytest.mark.parametrize("command", ["predict {} x.png", "serve {}", "export {} --out a.tflite"])
def test_what_answers_takes_it_too_and_only_for_ids(command: str, tiny_archive: Path) -> None:
    picture = Path(__file__)
    words = command.format(tiny_archive).replace("x.png", str(picture)).split()
    result = CliRunner().invoke(main, [*words, "--download"])
    assert result.exit_code == 1
    assert f"{tiny_archive} is a path." in result.stderr


def test_the_bytes_that_have_come_are_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_HANDLE", host.handle_of("good"))
    told: list[int] = []
    download(MODEL_ID, on_bytes=told.append)
    assert told == sorted(told)
    assert told[-1] >= 0
    assert at_hand.find(MODEL_ID) is not None


def test_a_host_that_refuses_is_a_sentence_and_leaves_nothing(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_HANDLE", host.handle_of("forbidden"))
    with pytest.raises(DownloadError, match="403"):
        download(MODEL_ID)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_nothing_is_fetched_for_a_path_or_for_what_is_no_id(
    tmp_path: Path, tiny_archive: Path
) -> None:
    assert "is a path" in fit(tmp_path, "--model", tiny_archive).stderr
    assert "Did you mean" in fit(tmp_path, "--model", MODEL_ID[:-2]).stderr


def test_an_id_is_of_the_size_that_the_module_has() -> None:
    spec = specs.get(MODEL_ID)
    assert (spec.input_height, spec.feature_vector_size) == (128, 256)
