"""Rows of a batch that is under way are what was written, or they are predicted again."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.inference import partial_rows
from ic_tf_sdk.inference.partial_rows import PartialRows


def row(image: str, share: float = 0.5) -> dict[str, Any]:
    return {"image": image, "probabilities": [share, 1 - share], "predicted_label": "ant"}


class KilledError(Exception):
    """In place of a signal: the block is left, and the rows stay."""


@contextmanager
def interrupted(out: Path, model: str = "m") -> Iterator[PartialRows]:
    with suppress(KilledError), partial_rows.held(out, model) as held:
        yield held
        raise KilledError


def written(out: Path, *rows: tuple[str, str | None]) -> Path:
    """The rows of a run that was interrupted."""
    with interrupted(out) as held:
        for image, state in rows:
            held.add(row(image), state)
    return out.with_name(f"{out.name}.partial")


def known(out: Path, *images: str, state: str = "1") -> list[str]:
    """Which images need not be predicted again; the rows stay."""
    with interrupted(out) as held:
        found = [image for image in images if held.holds(image, lambda: state)]
        assert list(held.rows(found)) == [row(image) for image in found]
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_row_is_there_as_long_as_its_image_is_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "very" / "deep" / "out.csv"
    path = written(out, ("a", "1"), ("b", "2"), ("c", None))
    assert path == tmp_path / "very" / "deep" / "out.csv.partial"
    assert known(out, "a", "b", "c", "d") == ["a"]
    assert known(out, "a", "b", state="2") == ["b"]
    written(out, ("a", "2"))
    assert known(out, "a") == []
    assert known(out, "b", "a", state="2") == ["b", "a"]


def test_names_of_any_kind_come_back_in_the_order_that_is_asked_for(tmp_path: Path) -> None:
    names = ["one\u2028two", "line\nend", "\udcff", "pensée", '"quoted"\\']
    written(tmp_path / "o", *((name, "1") for name in names))
    assert known(tmp_path / "o", *reversed(names)) == names[::-1]


def test_the_file_goes_when_all_is_done_and_stays_otherwise(tmp_path: Path) -> None:
    out = tmp_path / "o"
    path = written(out, ("a", "1"))
    assert path.is_file()
    with partial_rows.held(out, "m") as held:
        held.add(row("b"), "1")
        assert list(held.rows(["b", "a", "b"])) == [row("b"), row("a"), row("b")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bit", range(8))
def test_a_line_of_which_a_bit_has_turned_is_none(tmp_path: Path, bit: int) -> None:
    out = tmp_path / "o"
    path = written(out, ("a", "1"), ("b", "1"), ("c", "1"))
    lines = path.read_bytes().splitlines(keepends=True)
    # A place in the checksum, and one behind it.
    for place in (bit, 20 + bit):
        damaged = bytearray(lines[2])
        damaged[place] ^= 1 << (bit % 3)
        path.write_bytes(b"".join([*lines[:2], bytes(damaged), lines[3]]))
        assert known(out, "a", "b", "c") == ["a", "c"]


def test_half_a_line_is_written_over(tmp_path: Path) -> None:
    out = tmp_path / "o"
    path = written(out, ("a", "1"), ("b", "1"))
    content = path.read_bytes()
    for lost in (1, 5, 30):
        path.write_bytes(content[:-lost])
        assert known(out, "a", "b") == ["a"]
        assert path.read_bytes() == content[: content.rindex(b"\n", 0, -1) + 1]
        written(out, ("b", "1"))
        assert path.read_bytes() == content


def test_rows_of_another_model_are_refused_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "o"
    path = written(out, ("a", "1"))
    content = path.read_bytes()
    for model in ("n", "mm", ""):
        with (
            pytest.raises(UserError, match="partial output of another model, or damaged"),
            partial_rows.held(out, model),
        ):
            pass
        assert path.read_bytes() == content
    path.write_bytes(b"something else\n")
    with pytest.raises(UserError, match="another model"), partial_rows.held(out, "m"):
        pass


def test_half_a_head_has_no_row_behind_it(tmp_path: Path) -> None:
    out = tmp_path / "o"
    path = written(out)
    head = path.read_bytes()
    for count in (0, 1, len(head) - 1):
        path.write_bytes(head[:count])
        assert known(out, "a") == []
        assert path.read_bytes() == head
    path.write_bytes(head[:4] + b"x")
    with pytest.raises(UserError, match="another model"), partial_rows.held(out, "m"):
        pass


def test_one_run_at_a_time_writes_an_output(tmp_path: Path) -> None:
    out = tmp_path / "o"
    with partial_rows.held(out, "m"):
        with (
            pytest.raises(UserError, match=r"Another run is writing .*o\.partial is in use"),
            partial_rows.held(out, "m"),
        ):
            pass
        out.write_bytes(b"done")
        before = open_files()
        with pytest.raises(OutputExistsError), partial_rows.held(out, "m"):
            pass
        assert open_files() == before
    # It is there now, whoever has the lock, which nobody keeps.
    before = open_files()
    with pytest.raises(OutputExistsError) as refused, partial_rows.held(out, "m"):
        pass
    del refused
    assert open_files() == before


def test_what_is_planted_under_the_name_is_left_alone(tmp_path: Path) -> None:
    out, target = tmp_path / "o", tmp_path / "mine"
    target.write_bytes(b"mine")
    partial = tmp_path / "o.partial"
    for plant in (lambda: partial.symlink_to(target), lambda: partial.symlink_to("nowhere")):
        plant()
        with pytest.raises(UserError, match="is no file of rows"), partial_rows.held(out, "m"):
            pass
        partial.unlink()
    partial.mkdir()
    with pytest.raises(UserError, match="is no file of rows"), partial_rows.held(out, "m"):
        pass
    assert target.read_bytes() == b"mine"
