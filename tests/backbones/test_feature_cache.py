"""The feature cache on the user's side: where it is, and that asking costs no numpy."""

import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import cache, feature_cache
from ic_tf_sdk.training.feed import store_place


@pytest.fixture(autouse=True)
def _user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    monkeypatch.delenv(store_place.VARIABLE, raising=False)


@pytest.mark.parametrize("chosen", [None, "checkpoints"])
def test_it_is_in_the_users_cache_and_used_unless_it_is_turned_off(
    chosen: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if chosen is not None:
        monkeypatch.setenv(store_place.VARIABLE, chosen)
    assert feature_cache.location() == tmp_path / "features"
    assert feature_cache.store() is not None
    assert feature_cache.store(used=False) is None
    assert feature_cache.for_job() == {store_place.VARIABLE: chosen or str(tmp_path / "features")}
    assert feature_cache.for_job(used=False) == {store_place.VARIABLE: "off"}


def test_its_place_is_known_without_what_reads_it() -> None:
    code = "import sys; from ic_tf_sdk.backbones import feature_cache; feature_cache.location();"
    code += "assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
