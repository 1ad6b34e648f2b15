"""What an ONNX file says of itself is read back, and tells models apart."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.errors import ArchiveError
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


def test_an_archive_and_the_folder_that_holds_it_are_one(
    model_tar_gz: Path, fine_tuned: Path
) -> None:
    assert digest(model_tar_gz) == digest(model_tar_gz.parent)
    assert digest(fine_tuned) == digest(fine_tuned)
    assert digest(fine_tuned) != digest(model_tar_gz)
