"""`ic-tf cache`: what it says is there, and what it removes."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.cli.group import main
from ic_tf_sdk.training.feed import store_place
from ic_tf_sdk.training.feed.feature_store import FeatureStore, Usage


@pytest.fixture(autouse=True)
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IC_TF_SDK_CACHE", str(tmp_path))
    monkeypatch.delenv(store_place.VARIABLE, raising=False)
    return tmp_path


def fill(count: int) -> None:
    store = feature_cache.store()
    assert store is not None
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(count)]
    store.write(b"kind", digests, np.zeros((count, 10), np.float32))


def info() -> dict[str, object]:
    done = CliRunner().invoke(main, ["cache", "info", "--json"])
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.output))


def test_an_empty_cache_is_told_and_not_created(user_cache: Path) -> None:
    assert info() == {
        "folder": str(user_cache / "features"),
        "vectors": 0,
        "bytes": 0,
        "most_bytes": store_place.MOST_BYTES,
    }
    assert not list(user_cache.iterdir())


def test_info_counts_and_clear_removes(user_cache: Path) -> None:
    fill(7)
    assert info()["vectors"] == 7
    shown = CliRunner().invoke(main, ["cache", "info"])
    assert str(user_cache / "features") in shown.output
    done = CliRunner().invoke(main, ["cache", "clear"])
    assert done.exit_code == 0
    assert "Removed 7 vectors" in done.output
    assert info()["vectors"] == 0
    assert not list((user_cache / "features").iterdir())


def test_the_variable_moves_it_and_turns_it_off(
    user_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store_place.VARIABLE, str(user_cache / "elsewhere"))
    fill(2)
    assert info()["folder"] == str(user_cache / "elsewhere")
    assert info()["vectors"] == 2
    assert feature_cache.for_job() == {store_place.VARIABLE: str(user_cache / "elsewhere")}
    assert feature_cache.for_job(used=False) == {store_place.VARIABLE: "off"}
    monkeypatch.setenv(store_place.VARIABLE, "off")
    assert feature_cache.store() is None
    assert feature_cache.for_job() == {store_place.VARIABLE: "off"}


def test_a_size_that_is_none_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store_place.SIZE_VARIABLE, "lots")
    done = CliRunner().invoke(main, ["cache", "info"])
    assert done.exit_code == 1
    assert "IC_TF_SDK_FEATURE_CACHE_GB is a number of gigabytes" in done.output


def test_sizes_are_shown_in_megabytes(user_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store_place.SIZE_VARIABLE, "0.25")
    # So much that another divisor would show.
    usage = Usage(7, 12_000_012_340_000, 250_000_250_000_000)
    monkeypatch.setattr(FeatureStore, "usage", lambda _: usage)
    text = CliRunner().invoke(main, ["cache", "info"]).output
    shown = [line.split() for line in text.splitlines()]
    assert ["vectors", "7"] in shown
    assert ["MB", "12000012.3"] in shown
    assert ["MB", "at", "most", "250000250", f"({store_place.SIZE_VARIABLE})"] in shown
    done = CliRunner().invoke(main, ["cache", "clear"])
    assert done.output == f"Removed 7 vectors, 12000012.3 MB, from {user_cache / 'features'}.\n"


def test_what_is_turned_off_can_be_looked_at_and_cleared(
    user_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(3)
    monkeypatch.setenv(store_place.VARIABLE, "off")
    assert info()["vectors"] == 3
    assert CliRunner().invoke(main, ["cache", "clear"]).exit_code == 0
    assert info()["vectors"] == 0
    monkeypatch.delenv(store_place.VARIABLE)
    monkeypatch.setenv(store_place.SIZE_VARIABLE, "0.5")
    assert info()["most_bytes"] == 500_000_000
