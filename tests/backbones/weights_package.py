"""A package of weights that is not as it should be, found before the one that is installed."""

from pathlib import Path

import pytest

from ic_tf_sdk.backbones import weights_packages

LITE0 = "tensorflow-ic-efficientnet-lite0-classification-2"


def replaced(folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None) -> None:
    """Put another package of lite0 first, for this process and its children.

    Args:
        folder: Where it is made.
        monkeypatch: Takes it away again.
        content: The bytes of its checkpoint; None leaves the file out.
    """
    package = weights_packages.PACKAGES[LITE0]
    path = folder / package.module / package.file
    path.parent.mkdir(parents=True)
    (folder / package.module / "__init__.py").touch()
    if content is not None:
        path.write_bytes(content)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
