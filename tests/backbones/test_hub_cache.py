"""What TensorFlow Hub has downloaded, where it keeps it."""

import hashlib
import os
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import hub_cache

HANDLE = "https://tfhub.dev/google/x/1"


def module(cache: Path) -> Path:
    folder = cache / hashlib.sha1(HANDLE.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").touch()
    return folder


def test_a_module_is_found_in_the_folder_that_the_variable_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(hub_cache.CACHE_VARIABLE, str(tmp_path))
    assert hub_cache.downloaded(HANDLE) is None
    folder = module(tmp_path)
    assert hub_cache.downloaded(HANDLE) == folder
    # Half a download is none.
    (folder / "saved_model.pb").unlink()
    assert hub_cache.downloaded(HANDLE) is None


@pytest.mark.parametrize("owner", [os.getuid(), os.getuid() + 1])
def test_the_folder_that_everybody_may_make_counts_where_it_is_ones_own(
    owner: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hub_cache.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: owner)
    assert hub_cache.downloaded(HANDLE) is None
    folder = module(tmp_path / "tfhub_modules")
    own = owner == folder.stat().st_uid
    assert hub_cache.downloaded(HANDLE) == (folder if own else None)


def test_it_is_found_where_sha1_is_allowed_for_names_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a system in FIPS mode."""
    folder = module(tmp_path)
    real = hashlib.sha1

    def restricted(data: bytes, *, usedforsecurity: bool = True) -> "hashlib._Hash":
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return real(data, usedforsecurity=False)

    monkeypatch.setenv(hub_cache.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(hashlib, "sha1", restricted)
    assert hub_cache.downloaded(HANDLE) == folder
