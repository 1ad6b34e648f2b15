"""Label files: which one it is, that it came whole, and that it is the classifier's."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.content import label_files, retry
from ic_tf_sdk.errors import ArchiveError, DownloadError, UserError
from tests.content.hub_server import BAD_DAY, Host, serving

MOBILENET = specs.get("tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4")


@pytest.fixture
def host() -> Iterator[Host]:
    with serving(b"") as server:
        yield server


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.001)


@pytest.mark.parametrize(
    ("lines", "num_classes", "labels"),
    [
        (["background", "tench", "goldfish"], 3, ("background", "tench", "goldfish")),
        (["background", "tench", "goldfish"], 2, ("tench", "goldfish")),
        (["tench", "goldfish"], 3, ("background", "tench", "goldfish")),
        (["tench", "goldfish"], 2, ("tench", "goldfish")),
    ],
)
def test_the_background_class_is_there_where_the_classifier_has_it(
    tmp_path: Path, lines: list[str], num_classes: int, labels: tuple[str, ...]
) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(lines) + "\n")
    assert label_files.read_labels(path, num_classes=num_classes) == labels


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a\nb\n", "2 labels, the classifier 1001 outputs"),
        (b"", "0 labels, the classifier 1001 outputs"),
        (b"a\n\nb\n\n", "Line 2 of the label file .* is empty"),
        (b"\xff\xfe", "cannot be read"),
        (None, "cannot be read: .*No such file"),
    ],
    ids=["another set", "empty", "a gap", "no text", "no file"],
)
def test_a_label_file_that_does_not_fit_is_refused(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "labels.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=reason):
        label_files.read_labels(path, num_classes=1001)


def test_every_label_set_of_the_catalogue_has_its_file() -> None:
    published = (specs.get(model_id) for model_id in specs.model_ids())
    found = {spec.label_set for spec in published if spec.embedded_archive is None}
    assert set(label_files.LABEL_FILES) == found - {None}


def test_no_file_is_guessed(tmp_path: Path) -> None:
    unknown = MOBILENET._replace(label_set=None)
    with pytest.raises(ArchiveError, match=r"not documented; give its label file.*--labels"):
        label_files.find(unknown, None, tmp_path)
    assert label_files.find(unknown, "here.txt", tmp_path) == Path("here.txt")
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_the_models_own_label_set_is_downloaded_once(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = host.url_of("/good/labels.txt")
    host.files["/good/labels.txt"] = b"background\ntench\n"
    monkeypatch.setitem(label_files.LABEL_FILES, str(MOBILENET.label_set), url)
    name = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.txt"
    for _ in range(2):
        found = label_files.find(MOBILENET, None, tmp_path / "cache")
        assert found == tmp_path / "cache" / "ic-tf-labels" / name
        assert found.read_bytes() == b"background\ntench\n"
    assert host.requests["/good/labels.txt"] == 1
    # The folder is there, and another file comes beside the first.
    host.files["/good/others.txt"] = b"rose\n"
    other = label_files.find(MOBILENET, host.url_of("/good/others.txt"), tmp_path / "cache")
    assert len(list(other.parent.iterdir())) == 2


def test_a_host_that_refuses_or_breaks_off_is_a_sentence_and_leaves_nothing(
    host: Host, tmp_path: Path
) -> None:
    for behaviour, count in (("forbidden", 1), ("broken", retry.ATTEMPTS)):
        path = f"/{behaviour}/labels.txt"
        host.files[path] = BAD_DAY
        with pytest.raises(DownloadError, match=r"cannot be downloaded: .*\(--labels\)"):
            label_files.find(MOBILENET, host.url_of(path), tmp_path)
        assert host.requests[path] == count
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@contextmanager
def sending(content: bytes, **headers: object) -> Iterator[str]:
    """The address of a server that sends these bytes with these headers, to whoever asks."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), str(value))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the test's output clean."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/labels.txt"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("declared", [False, True])
def test_a_file_at_its_limit_is_taken_and_one_byte_more_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    monkeypatch.setattr(label_files, "_MAX_BYTES", 100)
    for count in (100, 101):
        headers = {"Content_Length": count} if declared else {}
        with sending(b"a" * count, **headers) as url:
            if count == 100:
                assert label_files.find(MOBILENET, url, tmp_path).stat().st_size == 100
                continue
            with pytest.raises(DownloadError, match="more than 100 bytes are no label file"):
                label_files.find(MOBILENET, url, tmp_path)


def test_the_longest_list_is_far_below_the_limit() -> None:
    assert label_files._MAX_BYTES == 16_777_216


@pytest.mark.parametrize("length", [4, "many"])
def test_fewer_bytes_than_declared_are_no_file(tmp_path: Path, length: object) -> None:
    with (
        sending(b"abc", Content_Length=length) as url,
        pytest.raises(DownloadError, match="cannot be downloaded"),
    ):
        label_files.find(MOBILENET, url, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
