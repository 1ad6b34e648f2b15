"""Every command that writes says in one sentence, with the path, where it cannot."""

import os
import re
import resource
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ic_tf_sdk import embedded
from ic_tf_sdk.cli import failure, main
from ic_tf_sdk.cli.group import INTERNAL_ERROR
from ic_tf_sdk.contract import archive

MODEL_ID = embedded.MODEL_IDS[0]
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"

# Each before its work: no model is loaded, nothing is downloaded.
DOORS = {
    "fit": "fit {images} --output {place}/out",
    "predict": f"predict {MODEL_ID} {{images}} --out {{place}}/out.csv",
    "export": f"export {MODEL_ID} --images {{images}} --out {{place}}/out.tflite",
    "export --web": f"export {MODEL_ID} --web {{place}}/out",
    "export-catalog": "export-catalog {place}/out",
    "mirror": f"mirror {MOBILENET} --to {{place}}/out",
    "sample-data": "sample-data {place}/out --images-per-class 1",
}
# The system's own refusals: tests run as root, whom permissions do not stop.
PLACES = {
    "a folder that takes nothing": ("/proc/self", "out"),
    "below a file": ("{folder}/file", "file"),
    "a name too long": ("{folder}/" + "n" * 300, "too long a name"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("door", DOORS)
def test_a_place_that_cannot_be_written_is_one_sentence_before_the_work(
    door: str, place: str, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    path, said = PLACES[place]
    words = DOORS[door].split()
    values = {"images": tiny_dataset.test, "place": path.format(folder=tmp_path)}
    result = CliRunner().invoke(main, [word.format(**values) for word in words])
    assert result.exit_code == 1, result.output
    [line, page] = [line for line in result.stderr.splitlines() if line]
    assert page == failure.help_line("FileAccessError")
    assert line.startswith(("Error: ", f"Error: {MOBILENET}"))
    assert said in line
    assert values["place"][:60] in line
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    "door", ["fit", "predict", "export", "export --web", "export-catalog", "sample-data"]
)
def test_what_exists_is_refused_before_the_work(
    door: str, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    suffixes = {"predict": ".csv", "export": ".tflite"}
    output = tmp_path / f"out{suffixes.get(door, '')}"
    output.write_text("mine")
    values = {"images": tiny_dataset.test, "place": tmp_path}
    words = [word.format(**values) for word in DOORS[door].split()]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert re.search(f"{output} (already exists|exists already)", result.stderr)
    assert output.read_text() == "mine"


def limited(*words: object, limit: int, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command where no file may be larger than ``limit`` bytes, as where a disk is full."""
    return subprocess.run(
        [sys.executable, "-m", "ic_tf_sdk.cli", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    """The one sentence of a command that ended as it should."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    return line


@pytest.mark.parametrize("door", ["export-catalog", "sample-data"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(door: str, tmp_path: Path) -> None:
    words = [word.format(place=tmp_path) for word in DOORS[door].split()]
    assert f"{tmp_path}/out" in refused(limited(*words, limit=200))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.merge
def test_a_batch_keeps_its_rows_where_the_disk_is_full(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    archive.extract(embedded.archive_path(MODEL_ID, "inference"), tmp_path / "model")
    words = ["predict", tmp_path / "model", tiny_dataset.test, "--out", tmp_path / "out.csv"]
    line = refused(limited(*words, limit=1200))
    assert f"{tmp_path}/out.csv would be larger" in line
    assert {path.name for path in tmp_path.iterdir()} == {"model", "out.csv.partial"}
    assert len((tmp_path / "out.csv.partial").read_text().splitlines()) > 1
    done = limited(*words, limit=1 << 30)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 16


@pytest.mark.parametrize("limit", [200, 40_000])
def test_a_training_whose_disk_is_full_is_one_sentence_and_leaves_what_it_says(
    limit: int, tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    settings = ["--set", "epochs=1", "--set", "train_only_on_top=True"]
    words = ["fit", tiny_dataset.training, "--model", tiny_archive, "--output", tmp_path / "out"]
    line = refused(limited(*words, *settings, limit=limit))
    assert str(tmp_path) in line
    assert re.search("larger than this system lets a file be|o space left", line)
    kept = f"Its checkpoints are kept in {tmp_path / 'out.partial'}" in line
    assert kept == any(tmp_path.glob("out.partial/checkpoints/checkpoint-*"))
    assert [path.name for path in tmp_path.iterdir()] == (["out.partial"] if kept else [])


def test_channels_that_are_no_folders_are_all_named_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = ["fit", tmp_path / "none", "--test", tmp_path / "file", "--output", tmp_path / "out"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 1
    # Not even the default model is named, which would be converted for nothing.
    assert result.stderr.splitlines() == [
        f"Error: The image folder {tmp_path / 'none'} does not exist.",
        f"The image folder {tmp_path / 'file'} is a file, not a folder.",
        failure.help_line("DatasetError"),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("command", [f"serve {MODEL_ID} --port 0", "publish --bucket b --dry-run"])
def test_a_temporary_folder_that_is_not_there_is_one_sentence(command: str) -> None:
    # tempfile falls back to /tmp and /var/tmp where TMPDIR cannot be used; here none can.
    code = (
        "import sys, tempfile; tempfile._candidate_tempdir_list = lambda: ['/proc/none']; "
        "from ic_tf_sdk.cli import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()],
        capture_output=True,
        text=True,
        env={**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
        check=False,
    )
    refused(done)


def test_a_port_that_is_taken_is_said_before_the_model_is_looked_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "no-such-model", "--port", str(port)])
    assert result.exit_code == 1
    assert f"cannot listen on port {port} of 127.0.0.1: Address already in use" in result.stderr
    result = CliRunner().invoke(main, ["serve", "no-such-model", "--host", "192.0.2.1"])
    assert (result.exit_code, "cannot listen" in result.stderr) == (1, True)


def test_what_nobody_foresaw_is_an_internal_error_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("ic_tf_sdk.specs.list_models", broken)
    result = CliRunner().invoke(main, ["models"])
    assert result.exit_code == INTERNAL_ERROR
    assert result.stderr.splitlines()[-2:] == [
        "Internal error: KeyError: 'lost'",
        failure.help_line("Exit code 3"),
    ]
    assert "Traceback" in result.stderr


def test_a_wrong_option_is_still_clicks_own() -> None:
    assert CliRunner().invoke(main, ["models", "--no-such-option"]).exit_code == 2
