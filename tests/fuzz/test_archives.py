"""Whatever bytes an archive has, it is unpacked inside its folder, or refused in one sentence."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract import archive, model_archive
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError
from tests.fuzz.damages import bounded, damaged, examples

BLOCK = 512
LABELS = ("ant", "bee")
FORMATS = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT}


def content() -> dict[str, bytes]:
    """What has the form of a model; nothing here loads its graph."""
    index = json.dumps({label: number for number, label in enumerate(LABELS)})
    return {
        "1/saved_model.pb": b"graph",
        "1/variables/variables.index": bytes(range(256)),
        "1/assets/labels.json": json.dumps(LABELS).encode(),
        "class_label_to_prediction_index.json": index.encode(),
        "1/assets.extra/" + "long" * 20 + "/" + "name" * 20: b"x" * 700,
    }


def description(files: dict[str, str]) -> bytes:
    info = ModelInfo.model_validate(
        {
            "kind": "fine_tuned", "model_id": "tiny", "model_version": "1.0.0", "input_height": 32,
            "input_width": 32, "pixel_range": "0..1", "files": files,
            "fine_tuning": {
                "labels": LABELS, "binary_mode": False, "interpolation": "bilinear",
                "hyperparameters": {}, "package_version": "1",
            },
        }
    )  # fmt: skip
    return info.model_dump_json(exclude_none=True).encode()


def tar_of(form: int) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for name, data in {"model_info.json": description({}), **content()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        tar.addfile(folder := tarfile.TarInfo("code"))
        folder.type = tarfile.DIRTYPE
    return stream.getvalue()


TARS = {name: tar_of(form) for name, form in FORMATS.items()}


def headers(tar: bytes) -> list[int]:
    """Where the blocks that are headers begin."""
    return [at for at in range(0, len(tar), BLOCK) if tar[at + 257 : at + 262] == b"ustar"]


def with_checksum(block: bytes) -> bytes:
    """A header block whose checksum fits, so that what is damaged in it is believed."""
    bare = block[:148] + b" " * 8 + block[156:]
    return bare[:148] + b"%06o\0 " % sum(bare) + bare[156:]


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """An archive of which some headers say something else."""
    tar = TARS[draw(st.sampled_from(sorted(TARS)))]
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.sampled_from(headers(tar)))
        block = draw(damaged(tar[at : at + BLOCK]))[:BLOCK].ljust(BLOCK, b"\0")
        kind = draw(st.sampled_from([None, *b"0123456789xgLKSDVA\0"]))
        if kind is not None:
            block = block[:156] + bytes([kind]) + block[157:]
        tar = tar[:at] + with_checksum(block) + tar[at + BLOCK :]
    return tar


def answer(read: Callable[[], Any]) -> Any:
    """What a reader gives; None where it refuses, which it may in one sentence only."""
    try:
        with bounded():
            return read()
    except ArchiveError as error:
        said = str(error)
    assert "\n" not in said
    return None


def check(path: Path, outside: Path) -> None:
    """Each reader gives an answer or one sentence, and nothing lies outside the folder."""
    target = outside / "target"
    answer(lambda: archive.extract(path, target, max_bytes=1 << 20))
    files = [file for file in target.rglob("*") if not file.is_dir()]
    assert not any(file.is_symlink() for file in files)
    assert sum(file.stat().st_size for file in files) <= 1 << 20
    shutil.rmtree(target, ignore_errors=True)
    assert [item.name for item in outside.iterdir()] == []
    answer(lambda: archive.read_member(path, "1/assets/labels.json"))
    answer(lambda: archive.find_file(path, "model_info.json"))
    answer(lambda: model_archive.preview(path))


def opened_labels(path: Path) -> tuple[str, ...] | None:
    with model_archive.opened(path) as model:
        return model.labels


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    return tmp_path


def test_the_sound_archives_are_read(place: Path) -> None:
    for name, tar in TARS.items():
        path = place / f"{name}.tar"
        path.write_bytes(tar)
        assert opened_labels(path) == LABELS
        check(path, place / "outside")


@examples()
@given(tar=forged())
def test_forged_headers(place: Path, tar: bytes) -> None:
    (place / "m.tar").write_bytes(tar)
    check(place / "m.tar", place / "outside")
    answer(lambda: opened_labels(place / "m.tar"))


@examples()
@given(data=st.data(), form=st.sampled_from(sorted(TARS)))
def test_damaged_archives(place: Path, data: st.DataObject, form: str) -> None:
    (place / "m.tar").write_bytes(data.draw(damaged(TARS[form])))
    check(place / "m.tar", place / "outside")


@examples()
@given(data=st.data(), form=st.sampled_from(sorted(TARS)))
def test_damaged_gzip(place: Path, data: st.DataObject, form: str) -> None:
    zipped = gzip.compress(TARS[form], mtime=0)
    content = data.draw(damaged(zipped))
    (place / "m.tar.gz").write_bytes(content)
    check(place / "m.tar.gz", place / "outside")


@examples()
@given(data=st.data())
def test_damaged_descriptions(place: Path, data: st.DataObject) -> None:
    """The archive is sound, and what it says of itself is not."""
    files = {"model_info.json": description({}), **content()}
    name = data.draw(st.sampled_from([name for name in files if name.endswith(".json")]))
    files[name] = data.draw(st.one_of(damaged(files[name]), st.binary(max_size=40), _JSON))
    with tarfile.open(place / "m.tar", "w") as tar:
        for one, bytes_ in files.items():
            info = tarfile.TarInfo(one)
            info.size = len(bytes_)
            tar.addfile(info, io.BytesIO(bytes_))
    check(place / "m.tar", place / "outside")
    # The labels stand in three places, which must agree.
    assert answer(lambda: opened_labels(place / "m.tar")) in (None, LABELS)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
_JSON = _VALUES.map(lambda value: json.dumps(value).encode())
