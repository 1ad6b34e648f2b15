"""A file or a folder is complete under its name, or not there at all."""

import json
import math
import os
import stat
from pathlib import Path

import pytest

from ic_tf_sdk.contract import output_files


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with output_files.replacing(target) as path:
        path.write_text("all of it")
        assert not target.exists()
        assert path.name == target.name
    assert target.read_text() == "all of it"
    assert list(tmp_path.iterdir()) == [target]


def test_after_an_error_the_earlier_file_is_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("earlier")
    with pytest.raises(UnicodeEncodeError), output_files.replacing(target) as path:
        path.write_text("half \udce4", encoding="utf-8")
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_planted_link_is_neither_followed_nor_kept(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    for name in ("a.txt", ".a.txt.tmp", "a.txt.tmp"):
        (tmp_path / name).symlink_to("victim")
    output_files.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_the_mode_is_the_umasks(tmp_path: Path, mask: int) -> None:
    earlier = os.umask(mask)
    try:
        output_files.write_json(tmp_path / "a.json", {})
    finally:
        os.umask(earlier)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o666 & ~mask


def test_an_empty_folder_is_filled_in_one_step(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with output_files.replacing(tmp_path / "out") as path:
        path.mkdir()
        (path / "a").write_text("x")
    assert (tmp_path / "out" / "a").read_text() == "x"


@pytest.mark.parametrize(
    "name", ["n" * 251 + ".txt", "花" * 85, "🌾" * 63, "é" * 127, "caf\udce9" * 50], ids=len
)
def test_a_durable_file_and_a_name_of_255_bytes(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with output_files.replacing(target, durable=True) as path:
        path.write_text("x")
    assert target.read_text() == "x"
    assert list(tmp_path.iterdir()) == [target]


def test_json_is_for_people_and_has_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    value = {"é": [math.nan, 0.5, (math.inf, -math.inf)], "n": {"a": 1, "b": None, "c": True}}
    output_files.write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"é": [None, 0.5, [None, None]], "n": {"a": 1, "b": None, "c": True}}
    assert text.startswith('{\n  "é": [\n    null,')
    assert text.endswith("}\n")


def test_a_name_that_is_no_text_is_escaped_in_text_and_comes_back_from_json(tmp_path: Path) -> None:
    output_files.write_text(tmp_path / "a.txt", "caf\udce9")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == r"caf\udce9"
    assert output_files.valid_text("caf\udce9") == r"caf\udce9"
    assert output_files.valid_text("café") == "café"


def test_each_label_has_its_place() -> None:
    assert output_files.label_index(("b", "a")) == {"b": 0, "a": 1}
