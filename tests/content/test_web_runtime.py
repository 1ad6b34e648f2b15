"""onnxruntime-web: fetched once, known by its hash, or out of a folder; never half there."""

import base64
import hashlib
import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ic_tf_sdk.content import retry, web_runtime
from ic_tf_sdk.errors import ArchiveError, DownloadError, UserError
from tests.content.hub_server import Host, serving

SCRIPT, WASM = web_runtime.FILES
CONTENT = {SCRIPT: b"export const runtime = 1;", WASM: b"\0asm" * 100}


def integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def package(content: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in {"../../outside": b"bad", **content}.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


PACKAGE = package(CONTENT)
ADDRESS = f"/onnxruntime-web/-/onnxruntime-web-{web_runtime.VERSION}.tgz"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and pins of a small package."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("IC_TF_SDK_CACHE", str(folder))
    monkeypatch.setattr(retry, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(web_runtime, "INTEGRITY", integrity(PACKAGE))
    monkeypatch.setattr(
        web_runtime, "FILES", {name: integrity(data) for name, data in CONTENT.items()}
    )
    return folder


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with serving(b"") as host:
        host.files[ADDRESS] = PACKAGE
        monkeypatch.setattr(web_runtime, "_REGISTRY", host.url_of(""))
        yield host


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"") as host:
        monkeypatch.setattr(web_runtime, "_REGISTRY", host.url_of(""))


def contents(files: dict[str, Path]) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in files.items()}


def test_it_is_fetched_once_and_only_what_a_page_needs_is_kept(registry: Host, cache: Path) -> None:
    assert contents(web_runtime.find()) == CONTENT
    assert contents(web_runtime.find()) == CONTENT
    assert registry.requests == {ADDRESS: 1}
    [kept] = [path for path in cache.iterdir() if path.is_dir()]
    assert sorted(path.name for path in kept.iterdir()) == sorted(CONTENT)
    assert not (cache.parent / "outside").exists()


def test_what_is_damaged_in_the_cache_is_fetched_again(registry: Host) -> None:
    web_runtime.find()[WASM].write_bytes(b"\0asm")
    assert contents(web_runtime.find()) == CONTENT
    assert registry.requests == {ADDRESS: 2}


@pytest.mark.usefixtures("no_network")
def test_without_a_network_one_sentence_says_what_to_do_and_nothing_is_left(cache: Path) -> None:
    with pytest.raises(DownloadError) as error:
        web_runtime.find()
    said = str(error.value)
    assert f"onnxruntime-web-{web_runtime.VERSION}.tgz cannot be downloaded" in said
    assert f"`npm pack onnxruntime-web@{web_runtime.VERSION}`" in said
    assert said.endswith("(--runtime FOLDER).")
    assert [path for path in cache.rglob("*") if path.is_dir()] == []


def test_another_package_under_its_name_is_refused_and_not_kept(
    registry: Host, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_runtime, "INTEGRITY", integrity(b"another"))
    with pytest.raises(DownloadError, match=r"the hash of the \d+ bytes that came is sha512-"):
        web_runtime.find()
    assert [path for path in cache.rglob("*") if path.is_dir()] == []
    assert registry.requests == {ADDRESS: retry.ATTEMPTS}


@pytest.mark.parametrize(
    "place",
    [".", "dist", "package/dist", "onnxruntime-web/dist", "node_modules/onnxruntime-web/dist"],
)
@pytest.mark.usefixtures("no_network")
def test_a_folder_gives_it_unpacked_wherever_npm_lays_it(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "carried"
    (folder / place).mkdir(parents=True)
    for name, data in CONTENT.items():
        (folder / place / name).write_bytes(data)
    assert contents(web_runtime.find(folder)) == CONTENT


@pytest.mark.usefixtures("no_network")
def test_a_folder_gives_it_as_npm_packs_it(tmp_path: Path) -> None:
    folder = tmp_path / "carried"
    folder.mkdir()
    packed = folder / f"onnxruntime-web-{web_runtime.VERSION}.tgz"
    packed.write_bytes(PACKAGE)
    assert contents(web_runtime.find(folder)) == CONTENT
    # It is in the cache now, too.
    shutil.rmtree(folder)
    assert contents(web_runtime.find()) == CONTENT


@pytest.mark.usefixtures("no_network")
def test_another_file_under_the_packed_name_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / f"onnxruntime-web-{web_runtime.VERSION}.tgz"
    packed.write_bytes(PACKAGE[:-4])
    with pytest.raises(UserError, match=rf"{packed} is not .* its hash is .*`npm pack"):
        web_runtime.find(tmp_path)


def test_everything_that_a_folder_lacks_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / SCRIPT).write_bytes(b"of 1.29.0")
    # Of several the nearest is named.
    (tmp_path / "package" / "dist").mkdir(parents=True)
    (tmp_path / "package" / "dist" / SCRIPT).write_bytes(b"of 1.28.0")
    with pytest.raises(UserError) as error:
        web_runtime.find(tmp_path)
    said = str(error.value)
    assert f"{tmp_path / 'dist' / SCRIPT} is of another version, no {WASM} in it." in said
    assert "npm pack" in said


def test_the_pins_are_hashes_as_npm_writes_them() -> None:
    text = Path(web_runtime.__file__).read_text(encoding="utf-8")
    pins = re.findall(r'"sha512-"\s+"([^"]+)"', text)
    assert len(pins) == 3
    assert all(len(base64.b64decode(pin, validate=True)) == 64 for pin in pins)
    assert re.fullmatch(r"\d+\.\d+\.\d+", web_runtime.VERSION)


def test_no_more_comes_than_four_times_the_package(
    registry: Host, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert web_runtime._MOST_BYTES == 134_217_728
    monkeypatch.setattr(web_runtime, "_MOST_BYTES", len(PACKAGE) - 1)
    with pytest.raises(DownloadError, match=f"more than {len(PACKAGE) - 1} bytes came"):
        web_runtime.find()
    assert [path for path in cache.rglob("*") if path.is_dir()] == []
    monkeypatch.setattr(web_runtime, "_MOST_BYTES", len(PACKAGE))
    assert contents(web_runtime.find()) == CONTENT


def test_a_package_that_lacks_a_file_is_refused_and_not_kept(
    registry: Host, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = package({SCRIPT: CONTENT[SCRIPT], WASM: b"of another version"})
    registry.files[ADDRESS] = half
    monkeypatch.setattr(web_runtime, "INTEGRITY", integrity(half))
    with pytest.raises(ArchiveError, match=rf"{re.escape(WASM)} is not the one of onnxruntime-web"):
        web_runtime.find()


def test_what_is_larger_than_a_block_is_hashed_and_written_whole(
    registry: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_runtime, "_BLOCK", 7)
    assert contents(web_runtime.find()) == CONTENT


def test_of_several_places_in_a_folder_the_right_version_is_taken(tmp_path: Path) -> None:
    for place, content in (("dist", b"of 1.29.0"), ("package/dist", None)):
        (tmp_path / place).mkdir(parents=True)
        for name, data in CONTENT.items():
            (tmp_path / place / name).write_bytes(content or data)
    found = web_runtime.find(tmp_path)
    assert found == {name: tmp_path / "package" / "dist" / name for name in CONTENT}
