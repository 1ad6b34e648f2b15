"""Mirroring what is here already, which needs neither TensorFlow nor a network."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.content import hub
from ic_tf_sdk.content.mirror import Mirrored, mirror
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import (
    FileAccessError,
    MissingExtraError,
    UnknownModelError,
    UnsupportedScopeError,
    UserError,
)
from ic_tf_sdk.specs.archive_name import archive_name

EMBEDDED = embedded.MODEL_IDS[0]
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"
NAMES = [archive_name(specs.get(EMBEDDED), scope) for scope in ("training", "inference")]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "resolve", lambda handle: pytest.fail(f"{handle} was asked for"))


def test_each_archive_is_put_there_once_and_told_as_it_comes(tmp_path: Path) -> None:
    seen: list[Mirrored] = []
    to = tmp_path / "deep" / "models"
    done = mirror(model_ids=[EMBEDDED, EMBEDDED], to=to, jobs=0, on_model=seen.append)
    assert seen == done
    assert [(one.model_id, one.scope) for one in done] == [
        (EMBEDDED, "training"),
        (EMBEDDED, "inference"),
    ]
    assert [one.location for one in done] == [str(to / name) for name in NAMES]
    for one, scope in zip(done, ("training", "inference"), strict=True):
        whole = embedded.archive_path(EMBEDDED, scope).read_bytes()  # type: ignore[arg-type]
        assert Path(one.location).read_bytes() == whole
        assert one.size_bytes == len(whole)
        assert one.problem == ""
    # Once more: nothing is written, and it took no time.
    before = [path.stat().st_mtime_ns for path in sorted(to.iterdir())]
    again = mirror(model_ids=[EMBEDDED], to=to)
    assert [(one.size_bytes, one.seconds) for one in again] == [
        (one.size_bytes, 0.0) for one in done
    ]
    assert [path.stat().st_mtime_ns for path in sorted(to.iterdir())] == before


def test_the_time_of_what_was_made_is_told_in_tenths_of_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([10.0, 12.3456])
    monkeypatch.setattr("time.perf_counter", lambda: next(seconds))
    [done] = mirror(model_ids=[EMBEDDED], scopes=("training",), to=tmp_path)
    assert done.seconds == 2.3


def test_a_damaged_archive_of_that_name_is_made_again(tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_bytes(b"no archive")
    done = mirror(model_ids=[EMBEDDED], to=tmp_path)
    assert [bool(one.problem) for one in done] == [True, False]
    assert NAMES[0] in done[0].problem
    assert done[0].size_bytes == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.txt").write_text("x")
    archive.pack(other, tmp_path / NAMES[0])
    assert [one.problem for one in mirror(model_ids=[EMBEDDED], to=tmp_path)] == ["", ""]
    assert (tmp_path / NAMES[0]).read_bytes() == embedded.archive_path(EMBEDDED).read_bytes()


def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    to = tmp_path / "to"
    with pytest.raises(UnknownModelError):
        mirror(model_ids=[EMBEDDED, "nosuch"], to=to)
    with pytest.raises(UnsupportedScopeError, match="inference"):
        mirror(model_ids=[EMBEDDED], scopes=("training", "serving"), to=to)  # type: ignore[arg-type]
    for options in (
        {"model_ids": [EMBEDDED]},
        {"model_ids": [EMBEDDED, MOBILENET], "scopes": ("training",)},
    ):
        for given in ({"source": tmp_path}, {"handle": "https://tfhub.dev/x"}):
            with pytest.raises(UserError, match="A source or a handle is one module's"):
                mirror(**options, **given, to=to)  # type: ignore[arg-type]
    with pytest.raises(FileAccessError):
        mirror(model_ids=[EMBEDDED], to="/proc/self/nosuch")
    assert not to.exists()


def test_what_ships_is_taken_whatever_handle_or_labels_are_given(tmp_path: Path) -> None:
    for scope in ("training", "inference"):
        given: dict[str, Any] = {"handle": "https://tfhub.dev/x", "labels": tmp_path / "nosuch"}
        [done] = mirror(model_ids=[EMBEDDED], scopes=(scope,), to=tmp_path, **given)  # type: ignore[arg-type]
        assert done.problem == ""


@pytest.mark.parametrize(
    ("model_id", "given"), [(MOBILENET, False), (EMBEDDED, True)], ids=["another", "a source"]
)
def test_without_tensorflow_what_must_be_read_is_refused_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_id: str, given: bool
) -> None:
    for name in ("tensorflow", "tf_keras"):
        monkeypatch.setitem(sys.modules, name, None)
    loaded: list[int] = []
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[train\]"):
        mirror(
            model_ids=[model_id],
            scopes=("training",),
            to=tmp_path,
            source=tmp_path if given else None,
            load=lambda: loaded.append(1),
        )
    assert loaded == []
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_handle_of_a_kind_is_a_problem_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = specs.get
    bare = known(MOBILENET)._replace(classification_handle=None)
    monkeypatch.setattr(specs, "get", lambda name: bare if name == MOBILENET else known(name))
    done = mirror(model_ids=[MOBILENET, EMBEDDED], scopes=("inference",), to=tmp_path)
    assert [one.problem for one in done] == [
        f"No inference handle is known for {MOBILENET}; give its folder (--from).",
        "",
    ]
    assert done[0].location == str(tmp_path / archive_name(bare, "inference"))


def test_the_command_tells_what_became_of_each_and_fails_where_one_did(tmp_path: Path) -> None:
    words = ["mirror", EMBEDDED, "--to", str(tmp_path)]
    result = CliRunner().invoke(main, [*words, "--json"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [Path(row["location"]).name for row in rows] == NAMES
    (tmp_path / NAMES[0]).write_bytes(b"no archive")
    broken = CliRunner().invoke(main, words)
    assert broken.exit_code == 1
    assert NAMES[0] in broken.output
