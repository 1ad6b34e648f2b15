"""Checkpoints are told from everything else by names that only they have."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import checkpoint_names

OTHERS = (
    "checkpoint-final.npz", "checkpoint-1-2.npz", "checkpoint-000001-000000.npz",
    "checkpoint-00001-000000.npz.bak", "checkpoint-00001.npz", "best-00001.npz", "best-model.npz",
    "checkpoint-\u0661\u0661\u0661\u0661\u0661-000000.npz", ".checkpoint-00001-000000.npz",
)  # fmt: skip


@given(epochs=st.integers(0, 10**7), step=st.integers(0, 10**8))
def test_a_name_says_its_place(epochs: int, step: int) -> None:
    assert checkpoint_names.place(checkpoint_names.checkpoint(epochs, step)) == (epochs, step)


def test_the_order_is_that_of_numbers_and_others_are_none(tmp_path: Path) -> None:
    places = [(0, 5), (1, 0), (99_999, 0), (100_000, 0), (100_000, 1_000_000)]
    names = [checkpoint_names.checkpoint(*place) for place in places]
    for name in (*reversed(names), *OTHERS):
        (tmp_path / name).touch()
    assert [path.name for path in checkpoint_names.checkpoints(tmp_path)] == names
    assert [path.name for path in checkpoint_names.best_files(tmp_path)] == ["best-00001.npz"]


def test_what_comes_before_one_is_known_also_where_that_was_removed(tmp_path: Path) -> None:
    """Another process may remove a checkpoint as soon as it is written."""
    for step in (1, 2, 4):
        (tmp_path / checkpoint_names.checkpoint(0, step)).touch()
    found = checkpoint_names.older(tmp_path / checkpoint_names.checkpoint(0, 3))
    assert [checkpoint_names.place(path.name) for path in found] == [(0, 1), (0, 2)]
    # None is earlier than itself, and what is no checkpoint has none before it.
    found = checkpoint_names.older(tmp_path / checkpoint_names.checkpoint(0, 2))
    assert [checkpoint_names.place(path.name) for path in found] == [(0, 1)]
    assert checkpoint_names.older(tmp_path / "model.npz") == []


def test_a_missing_folder_holds_none(tmp_path: Path) -> None:
    assert checkpoint_names.checkpoints(tmp_path / "missing") == []
    assert checkpoint_names.best_files(tmp_path / "missing") == []
