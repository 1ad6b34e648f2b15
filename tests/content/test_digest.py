"""The identity of an archive is that of what it holds, however it was packed."""

import gzip
import hashlib
from pathlib import Path

import pytest

from ic_tf_sdk.content import digest
from ic_tf_sdk.contract import archive
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError


def packed(
    folder: Path,
    graph: bytes = b"graph",
    weights: bytes = b"w",
    *,
    served: bool,
    turned: bool = False,
) -> Path:
    """A model's archive; only its description says what is in it."""
    content = folder / "content"
    for name, data in {
        "1/saved_model.pb": graph,
        "1/fingerprint.pb": graph[::-1],
        "1/variables/variables.index": weights,
        **({"code/inference.py": b"handler"} if served else {}),
    }.items():
        (content / name).parent.mkdir(parents=True, exist_ok=True)
        (content / name).write_bytes(data)
    info = ModelInfo(
        kind="pretrained", model_id="tiny", model_version="1.0.0", input_height=8, input_width=8,
        pixel_range="0..1",
    )  # fmt: skip
    recorded = info.recording(content)
    files = sorted(recorded.files.items(), reverse=turned)
    recorded.model_copy(update={"files": dict(files)}).write(content)
    archive.pack(content, folder / "model.tar.gz")
    return folder / "model.tar.gz"


def test_bytes_are_one_digest_however_many_there_are(tmp_path: Path) -> None:
    content = b"0123456789" * 300_000
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "a.gz").write_bytes(gzip.compress(content, 1))
    (tmp_path / "b.gz").write_bytes(gzip.compress(content, 9))
    expected = hashlib.sha256(content).hexdigest()
    assert digest.file_digest(tmp_path / "a") == expected
    assert digest.content_digest(tmp_path / "a.gz") == expected
    assert digest.content_digest(tmp_path / "b.gz") == expected
    assert digest.file_digest(tmp_path / "a.gz") != digest.file_digest(tmp_path / "b.gz")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    whole = gzip.compress(bytes(range(256)) * 50)
    damaged = bytearray(whole)
    damaged[40] ^= 255
    for content in (b"no gzip", whole[:-20], bytes(damaged)):
        (tmp_path / "x.tar.gz").write_bytes(content)
        with pytest.raises(ArchiveError, match=r"x\.tar\.gz is not a readable archive: "):
            digest.content_digest(tmp_path / "x.tar.gz")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a").write_bytes(b"a")
    archive.pack(tmp_path / "content", tmp_path / "y.tar.gz")
    with pytest.raises(ArchiveError, match=r"has no model_info\.json; it is no model archive"):
        digest.archive_digest(tmp_path / "y.tar.gz")


def test_a_classifier_is_the_same_whatever_its_graph_is_called(tmp_path: Path) -> None:
    one, two, three = (
        digest.archive_digest(packed(tmp_path / name, graph, weights, served=True))
        for name, graph, weights in (("a", b"f_1", b"w"), ("b", b"f_2", b"w"), ("c", b"f_1", b"v"))
    )
    assert one == two != three
    # Nor in which order its files are named.
    assert digest.archive_digest(packed(tmp_path / "d", b"f_1", served=True, turned=True)) == one
    assert len(one) == 64


def test_a_backbone_is_its_bytes(tmp_path: Path) -> None:
    one = packed(tmp_path / "a", b"f_1", served=False)
    two = packed(tmp_path / "b", b"f_2", served=False)
    assert digest.archive_digest(one) == digest.content_digest(one)
    assert digest.archive_digest(one) != digest.archive_digest(two)
