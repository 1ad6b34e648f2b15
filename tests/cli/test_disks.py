"""A disk that is full or can only be read, at each door: one sentence, and nothing is left."""

import json
import os
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import embedded
from tests.cli.test_refused_places import DOORS
from tests.mounts import with_disk

MODEL_ID = embedded.MODEL_IDS[0]
IC_TF = (sys.executable, "-m", "ic_tf_sdk.cli")

# Each command in one process, which loads TensorFlow once.
COMMANDS = """
import json, sys
from click.testing import CliRunner
from ic_tf_sdk.cli import main

for line in json.loads(sys.argv[1]):
    result = CliRunner().invoke(main, line)
    print(json.dumps([result.exit_code, result.stderr]))
"""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def refused(
    disk: Path, options: str, doors: dict[str, list[Any]], **environment: str
) -> dict[str, str]:
    """The one sentence of each command, none of which left anything on the disk."""
    lines = json.dumps([list(map(str, words)) for words in doors.values()])
    command = [sys.executable, "-c", COMMANDS, lines]
    done = with_disk(disk, options, command, **{**os.environ, **environment})
    *answers, left = done.stdout.splitlines()
    assert left == "left: ", done.stdout
    assert len(answers) == len(doors), done.stderr
    sentences = {}
    for door, answer in zip(doors, answers, strict=True):
        code, stderr = json.loads(answer)
        assert code == 1, (door, stderr)
        assert "Traceback" not in stderr, (door, stderr)
        [sentences[door]] = [line for line in stderr.splitlines() if line.startswith("Error: ")]
    return sentences


def test_a_disk_that_can_only_be_read_is_one_sentence_at_every_door(
    disk: Path, tiny_dataset: SimpleNamespace
) -> None:
    values = {"images": tiny_dataset.test, "place": disk}
    doors = {
        door: [word.format(**values) for word in words.split()] for door, words in DOORS.items()
    }
    for door, sentence in refused(disk, "ro", doors).items():
        assert "lies on a file system that can only be read. Give another place." in sentence, door
        assert f"{disk}/out" in sentence, door


def test_a_temporary_folder_that_is_full_is_one_sentence_where_models_are_unpacked(
    disk: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    model = embedded.archive_path(MODEL_ID, "inference")
    images = tiny_dataset.test
    doors = {
        "serve": ["serve", model, "--port", 0],
        "predict": ["predict", model, images, "--out", tmp_path / "a.csv"],
        "export": ["export", model, "--images", images, "--out", tmp_path / "a.tflite"],
    }
    for door, sentence in refused(disk, "size=64k", doors, TMPDIR=str(disk)).items():
        assert "No space left" in sentence, door
        assert f"the temporary folder {disk}" in sentence, door
    assert list(tmp_path.iterdir()) == [disk]


@pytest.mark.slow
def test_a_training_whose_temporary_folder_is_full_is_one_sentence(
    disk: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    words = ["fit", tiny_dataset.training, "--model", tiny_archive, "--output", tmp_path / "out"]
    more = ["-s", "epochs=1", "-s", "train_only_on_top=False"]
    command = [*IC_TF, *words, *more]
    done = with_disk(disk, "size=16k", command, **{**os.environ, "TMPDIR": str(disk)})
    assert done.returncode == 1, done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert "No space left" in line
    assert f"the temporary folder {disk}." in line or f"the temporary folder {disk}," in line
    assert done.stdout.splitlines()[-1] == "left: "
    assert list(tmp_path.iterdir()) == [disk]


ESTIMATOR = textwrap.dedent("""
    import sys
    from ic_tf_sdk.errors import UserError
    from ic_tf_sdk.launch import LocalEstimator

    model, training, output, checkpoints = sys.argv[1:]
    estimator = LocalEstimator(
        model_uri=model, output_path=output, checkpoint_local_path=checkpoints,
        hyperparameters={"epochs": 2, "train_only_on_top": True},
    )
    try:
        estimator.fit(training, logs=False)
    except UserError as error:
        sys.exit(f"Error: {error}")
""")


@pytest.mark.slow
def test_a_checkpoint_folder_whose_disk_is_full_is_one_sentence(
    disk: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path, tmp_path: Path
) -> None:
    jobs = tmp_path / "jobs"
    places = [tiny_archive, tiny_dataset.training, jobs, disk]
    done = with_disk(disk, "size=4k", [sys.executable, "-c", ESTIMATOR, *places])
    assert done.returncode == 1, done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert "No space left" in line
    assert str(disk) in line
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines()[-1] == "left: "
    assert [path for path in jobs.rglob("*") if path.is_file()] == [], done.stderr
