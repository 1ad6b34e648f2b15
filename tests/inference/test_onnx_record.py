"""What an ONNX file says of itself is read back, and tells models apart."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference.fingerprint import fingerprint
from ic_tf_sdk.inference.onnx_record import OnnxRecord, digest

texts = st.text(max_size=20)


@settings(max_examples=30)
@given(st.lists(texts, min_size=2, max_size=5), texts, texts, texts)
def test_what_is_written_is_read(labels: list[str], way: str, source: str, info: str) -> None:
    record = OnnxRecord(tuple(labels), way, source, info)
    assert OnnxRecord.of(record.properties(), Path("m.onnx")) == record


@pytest.mark.parametrize("lost", ["labels", "ic_tf_sdk.interpolation", "ic_tf_sdk.source"])
def test_what_is_lost_is_said(lost: str) -> None:
    told = OnnxRecord(("a", "b"), "bilinear", "1", "").properties()
    del told[lost]
    with pytest.raises(ArchiveError, match=r"m\.onnx is damaged"):
        OnnxRecord.of(told, Path("m.onnx"))


def test_what_is_of_no_version_or_of_a_newer_one_is_refused() -> None:
    told = OnnxRecord(("a", "\u00c4"), "bilinear", "1", "").properties()
    assert told["labels"] == '["a", "\u00c4"]'
    with pytest.raises(ArchiveError, match=r"is of a newer ic-tf-sdk \(its format is '2', and '1'"):
        OnnxRecord.of({**told, "ic_tf_sdk.format": "2"}, Path("m.onnx"))
    with pytest.raises(ArchiveError, match="does not say how pictures are made ready"):
        OnnxRecord.of({"labels": "[]"}, Path("m.onnx"))
    for labels in ("[", "3"):
        with pytest.raises(ArchiveError, match="is damaged: what it says of itself"):
            OnnxRecord.of({**told, "labels": labels}, Path("m.onnx"))
    del told["ic_tf_sdk.model_info"]
    assert OnnxRecord.of(told, Path("m.onnx")).info == ""


def test_an_archive_is_told_by_its_bytes_and_a_folder_by_its_network(tmp_path: Path) -> None:
    folder, packed = tmp_path / "folder", tmp_path / "packed" / "model.tar.gz"
    (folder / "variables").mkdir(parents=True)
    # More than is read at once, also packed.
    (folder / "saved_model.pb").write_bytes(os.urandom(1_500_000))
    packed.parent.mkdir()
    archive.pack(folder, packed)
    expected = hashlib.sha256(packed.read_bytes()).hexdigest()
    assert digest(packed) == digest(packed.parent) == expected
    before = digest(folder)
    assert before == fingerprint(folder, ())
    (folder / "class_label_to_prediction_index.json").write_text('{"a": 0, "b": 1}')
    assert digest(folder) == fingerprint(folder, ("a", "b")) != before


def test_an_archive_and_the_folder_that_holds_it_are_one(
    model_tar_gz: Path, fine_tuned: Path
) -> None:
    assert digest(model_tar_gz) == digest(model_tar_gz.parent)
    assert digest(fine_tuned) == digest(fine_tuned)
    assert digest(fine_tuned) != digest(model_tar_gz)
