"""``model_info.json`` opens wherever it is understood, and else says what is wrong with it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk._version import __version__
from ic_tf_sdk.contract import archive, history_record, model_info
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.errors import ArchiveError, UserError

INFO = ModelInfo(
    kind="fine_tuned",
    model_id="tiny",
    model_version="1.0.0",
    input_height=32,
    input_width=32,
    pixel_range="0..1",
    fine_tuning=FineTuning(
        labels=("a", "b"),
        binary_mode=False,
        interpolation="bilinear",
        hyperparameters={"epochs": "3"},
        package_version="0.1.0",
    ),
)
FIELDS = INFO.model_dump(mode="json", exclude_none=True)
TUNED = FIELDS["fine_tuning"]
MEASURED = {"channel": "test", "images": 5, "accuracy": 0.8}


def read(fields: object, folder: Path) -> ModelInfo | None:
    (folder / model_info.FILE_NAME).write_text(json.dumps(fields))
    return model_info.read(folder)


def refusal(fields: object, folder: Path) -> str:
    with pytest.raises(ArchiveError) as caught:
        read(fields, folder)
    message = str(caught.value)
    assert "pydantic" not in message
    assert "http" not in message
    assert "\n" not in message
    return message


def test_what_is_written_has_a_format_and_is_read_again(tmp_path: Path) -> None:
    INFO.write(tmp_path)
    assert json.loads((tmp_path / model_info.FILE_NAME).read_text())["format"] == 1
    assert model_info.read(tmp_path) == INFO


def test_a_file_without_a_format_is_of_the_first(tmp_path: Path) -> None:
    assert read({k: v for k, v in FIELDS.items() if k != "format"}, tmp_path) == INFO


def test_fields_of_a_newer_version_are_ignored(tmp_path: Path) -> None:
    tuned = {**FIELDS["fine_tuning"], "temperature": 1.25}
    assert read({**FIELDS, "fine_tuning": tuned, "calibration": {"a": 1}}, tmp_path) == INFO


def test_an_unknown_format_says_which_version_to_install(tmp_path: Path) -> None:
    # Whatever else it holds: nothing of a newer format is understood.
    message = refusal({"format": 2, "classes": []}, tmp_path)
    assert "was written by a newer ic-tf-sdk (format 2" in message
    assert f"this one, {__version__}, reads format 1); install that version or newer" in message


@pytest.mark.parametrize("number", ["2", 0, True, None, 1.5])
def test_a_format_that_is_no_number_is_named(tmp_path: Path, number: object) -> None:
    message = refusal({**FIELDS, "format": number}, tmp_path)
    assert f"'format' is {number!r}; it must be a whole number from 1" in message


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"input_height": 0}, "'input_height' is 0; it must be 1 or more (Pixels)"),
        ({"input_width": "big"}, "'input_width' is 'big'; it must be a whole number (Pixels)"),
        (
            {"pixel_range": "0..256"},
            "'0..1', '-1..1', '0..255', 'imagenet_mean_std'; the nearest is '0..255'",
        ),
        ({"model_id": 7}, "'model_id' is 7; it must be text"),
        ({"files": ["a"]}, "'files' is ['a']; it must be an object"),
        ({"fine_tuning": 3}, "'fine_tuning' is 3; it must be an object"),
        (
            {"fine_tuning": {**TUNED, "finished": "yesterday"}},
            "'fine_tuning.finished' is 'yesterday'; it must be a time with its zone, as 2026-",
        ),
        (
            {"fine_tuning": {**TUNED, "finished": "2026-11-26T12:00:00"}},
            "it must be a time with its zone",
        ),
        (
            {"fine_tuning": {**TUNED, "evaluation": {**MEASURED, "accuracy": 1.5}}},
            "'fine_tuning.evaluation.accuracy' is 1.5; it must be 1.0 or less",
        ),
        (
            {"fine_tuning": {**TUNED, "evaluation": {**MEASURED, "images": 0}}},
            "'fine_tuning.evaluation.images' is 0; it must be 1 or more",
        ),
        ({"fine_tuning": None}, "'kind' is 'fine_tuned', which 'fine_tuning' contradicts"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    assert said in refusal({**FIELDS, **changed}, tmp_path)


def test_a_missing_field_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    tuned: dict[str, Any] = dict(FIELDS["fine_tuning"])
    tuned["binary_mod"] = tuned.pop("binary_mode")
    tuned["labels"] = ["a", 5]
    fields = {name: value for name, value in FIELDS.items() if name != "model_id"}
    message = refusal({**fields, "fine_tuning": tuned}, tmp_path)
    assert "'model_id' is missing" in message
    assert "'fine_tuning.binary_mode' is missing (One sigmoid output" in message
    assert "there is 'binary_mod', which is no field" in message
    assert "'fine_tuning.labels.1' is 5; it must be text" in message


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 200_000, b""])
def test_what_is_no_json_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / model_info.FILE_NAME).write_bytes(content)
    with pytest.raises(ArchiveError, match="is no JSON in UTF-8"):
        model_info.read(tmp_path)


def test_a_list_is_no_description(tmp_path: Path) -> None:
    assert "it must be an object" in refusal([], tmp_path)


def test_an_archive_and_a_folder_are_read_alike(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    INFO.write(tmp_path / "content")
    archive.pack(tmp_path / "content", tmp_path / "m.tar.gz")
    assert model_info.read(tmp_path / "m.tar.gz") == model_info.read(tmp_path / "content") == INFO
    (tmp_path / "content" / model_info.FILE_NAME).unlink()
    archive.pack(tmp_path / "content", tmp_path / "n.tar.gz")
    assert model_info.read(tmp_path / "n.tar.gz") is model_info.read(tmp_path / "content") is None


def test_a_changed_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("y")
    info = INFO.recording(tmp_path)
    info.verify(tmp_path)
    (tmp_path / "a").write_text("z")
    (tmp_path / "b").unlink()
    with pytest.raises(ArchiveError, match="m is damaged: a, b missing or not as"):
        info.verify(tmp_path, Path("m"))


def test_a_history_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"history\.json cannot be read: No such file"):
        history_record.read(tmp_path)
    (tmp_path / "history.json").write_text('{"epochs": [], "seconds": "x", "best_epoch": 0}')
    with pytest.raises(UserError, match="'seconds' is 'x'; it must be a list; 'test' is missing"):
        history_record.read(tmp_path)
    (tmp_path / "history.json").write_text("{")
    with pytest.raises(UserError, match="is no record of a training"):
        history_record.read(tmp_path)


def test_what_is_written_is_for_people_and_leaves_out_what_is_unknown(tmp_path: Path) -> None:
    INFO.write(tmp_path)
    text = (tmp_path / model_info.FILE_NAME).read_text()
    assert text.startswith('{\n  "format": 1,\n')
    assert text.endswith("}\n")
    assert "null" not in text


@pytest.mark.parametrize("name", ["input_height", "input_width", "feature_vector_size"])
def test_a_size_is_one_or_more(tmp_path: Path, name: str) -> None:
    found = read({**FIELDS, name: 1}, tmp_path)
    assert getattr(found, name) == 1
    assert f"{name!r} is 0; it must be 1 or more" in refusal({**FIELDS, name: 0}, tmp_path)


def test_every_file_but_the_description_has_its_digest(tmp_path: Path) -> None:
    INFO.write(tmp_path)
    (tmp_path / "b" / "c").mkdir(parents=True)
    large = b"x" * (3 << 20)
    contents = {"a": b"", "b/c/large": large}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    assert list(model_info.digests(tmp_path)) == [
        (name, hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    ]


def test_a_refusal_names_the_path_that_the_user_knows(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / model_info.FILE_NAME).write_text("[]")
    archive.pack(tmp_path / "m", tmp_path / "m.tar")
    for path in (tmp_path / "m", tmp_path / "m.tar"):
        for name, said in ((Path("mine"), "mine"), (None, str(path))):
            with pytest.raises(ArchiveError, match=f"^The model_info.json of {said} cannot"):
                model_info.read(path, name)


def test_a_description_beyond_the_limit_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    INFO.write(tmp_path)
    size = (tmp_path / model_info.FILE_NAME).stat().st_size
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", size)
    assert model_info.read(tmp_path) == INFO
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", size - 1)
    with pytest.raises(ArchiveError, match=f"of mine cannot be read: {size} bytes, more than"):
        model_info.read(tmp_path, Path("mine"))
