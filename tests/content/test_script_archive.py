"""The promises of the script archives that need no job to show."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ic_tf_sdk.content import entry_point, script_archive, wheels
from ic_tf_sdk.content.digest import content_digest
from ic_tf_sdk.contract import archive, handler_file
from ic_tf_sdk.errors import ArchiveError, UnsupportedScopeError


def names(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


def test_building_again_gives_the_same_bytes(training_script: Path, tmp_path: Path) -> None:
    again = script_archive.build("training", tmp_path)
    assert again.read_bytes() == training_script.read_bytes()


def test_members_are_those_that_the_toolkit_runs_without_pip(training_script: Path) -> None:
    members = names(training_script)
    assert training_script.name == "sourcedir.tar.gz"
    assert {"transfer_learning.py", "ic_tf_sdk/__init__.py"} <= set(members)
    assert not [name for name in members if name.startswith(("./", "/"))]
    assert not [name for name in members if name.endswith(("setup.py", "requirements.txt"))]
    assert not [name for name in members if "__pycache__" in name or name.endswith(".pyc")]


def test_each_supported_image_finds_its_tf_keras(training_script: Path) -> None:
    members = set(names(training_script))
    for version in ("2.19", "2.21"):
        keras = f"vendor/tensorflow-{version}/tf_keras/__init__.py"
        found = archive.read_member(training_script, keras)
        assert found is not None
        assert f'__version__ = "{version}.0"'.encode() in found
    assert {
        "vendor/hub/tensorflow_hub/__init__.py",
        "vendor/fallback/pkg_resources/__init__.py",
    } <= (members)


def test_a_container_without_anything_can_draw_the_charts(
    training_script: Path, tmp_path: Path
) -> None:
    archive.extract(training_script, tmp_path / "script")
    paths = [str(tmp_path / "script" / "vendor" / "charts")]
    code = (
        f"import sys; sys.path += {paths!r}; import pygal; line = pygal.XY(js=[]);"
        " line.add('a', [(1, 2)]); assert b'<circle' in line.render(); print(pygal.__file__)"
    )
    # Without site-packages, where this machine has its own.
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))


def test_a_job_gets_what_it_runs_and_nothing_of_the_floors_above(training_script: Path) -> None:
    parts = {name.split("/")[1] for name in names(training_script) if name.startswith("ic_tf_sdk/")}
    assert {"training", "contract", "specs", "errors.py"} <= parts
    assert not parts & {"cli", "content", "embedded", "inference", "launch", "sample_data"}


def test_whatever_a_job_imports_is_in_the_archive(training_script: Path) -> None:
    # Here, for the mutation session tries the tests below without it.
    import grimp

    graph = grimp.build_graph("ic_tf_sdk", exclude_type_checking_imports=True)
    job = {"ic_tf_sdk.training.transfer_learning", "ic_tf_sdk.training.job"}
    needed = job.union(*map(graph.find_upstream_modules, job))
    members = set(names(training_script))
    files = {name: name.replace(".", "/") for name in needed}
    absent = {
        name for name, file in files.items() if not {f"{file}.py", f"{file}/__init__.py"} & members
    }
    assert not absent
    assert len(needed) > 50


def test_the_inference_archive_is_the_handler_alone(tmp_path: Path) -> None:
    built = script_archive.build("inference", tmp_path)
    assert names(built) == ["inference.py"]
    handler = handler_file.source().encode()
    assert archive.read_member(built, "inference.py") == handler


def test_a_training_archive_is_the_package_as_it_is_its_start_and_its_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def unpack(folder: Path, *, wheels: Path | None) -> None:
        given.append(wheels)
        (folder / "hub").mkdir(parents=True)
        (folder / "hub" / "one.py").touch()

    monkeypatch.setattr(wheels, "unpack", unpack)
    for wheel_folder in (None, str(tmp_path)):
        folder = tmp_path / "not yet" / "there"
        built = script_archive.build("training", folder, wheel_folder=wheel_folder)
        assert built == folder / "sourcedir.tar.gz"
    assert given == [None, tmp_path]
    archive.extract(built, tmp_path / "script")
    start = tmp_path / "script" / "transfer_learning.py"
    assert start.read_bytes() == Path(entry_point.__file__).read_bytes()
    package = Path(script_archive.ic_tf_sdk.__file__).parent
    for name in ("errors.py", "contract/exif.py", "specs/data/index.json", "training/job.py"):
        copied = tmp_path / "script" / "ic_tf_sdk" / name
        assert copied.read_bytes() == (package / name).read_bytes()
    assert (tmp_path / "script" / "vendor" / "hub" / "one.py").is_file()


def test_another_scope_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedScopeError, match="Did you mean 'training'"):
        script_archive.build("trainng", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_wheel_with_other_bytes_than_pinned_is_refused(tmp_path: Path) -> None:
    stale = tmp_path / "wheels"
    stale.mkdir()
    for name in ("setuptools-81.0.0", "tensorflow_hub-0.16.1", "tf_keras-2.19.0"):
        (stale / f"{name}-py3-none-any.whl").write_bytes(b"not the wheel that was pinned")
    with pytest.raises(ArchiveError, match=r"(?s)could not be fetched.*--wheels"):
        wheels.unpack(tmp_path / "vendor", wheels=stale)


def test_the_content_digest_does_not_depend_on_the_compressor(tmp_path: Path) -> None:
    import gzip

    one, other = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    one.write_bytes(gzip.compress(b"content" * 99, 1, mtime=0))
    other.write_bytes(gzip.compress(b"content" * 99, 9, mtime=7))
    assert one.read_bytes() != other.read_bytes()
    assert content_digest(one) == content_digest(other)


def test_a_container_without_a_fitting_tensorflow_gets_a_sentence(tmp_path: Path) -> None:
    """In a Python without TensorFlow: the entry point names the images that it is for."""
    script = tmp_path / "code" / "transfer_learning.py"
    script.parent.mkdir()
    script.write_bytes(Path(entry_point.__file__).read_bytes())
    for version in ("2.19", "2.21"):
        (script.parent / "vendor" / f"tensorflow-{version}").mkdir(parents=True)
    environment = {"SM_OUTPUT_DATA_DIR": str(tmp_path / "output" / "data"), "PATH": ""}
    # -S and -I: the standard library alone.
    command = [sys.executable, "-I", "-S", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "for the images of TensorFlow 2.19 and 2.21; the container has none" in done.stderr
    assert "image_uris.retrieve" in (tmp_path / "output" / "failure").read_text()
