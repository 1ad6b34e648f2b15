"""``ic-tf check-data``: the report, its JSON, its exit code."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image

from ic_tf_sdk.cli import main
from ic_tf_sdk.cli.check_data import _Checked, _show_next
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import duplicates, image_folder


@pytest.fixture
def no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["check-data", *map(str, arguments)])
    return result.exit_code, result.output


def test_good_data_is_counted_and_passes(tiny_dataset: SimpleNamespace) -> None:
    channels = ["--test", str(tiny_dataset.test)]
    done = CliRunner().invoke(main, ["check-data", str(tiny_dataset.training), *channels])
    code, output = done.exit_code, done.stdout
    assert code == 0
    assert "dots" in output
    assert "48" in output
    # How far it was stands beside the answer.
    for phase in ("Reading headers", "Decoding every image"):
        assert f"{phase}: 48 images in" in done.stderr
        assert phase not in output
    assert "Only headers" not in output


def test_damaged_images_are_listed_and_fail(tiny_dataset: SimpleNamespace, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(tiny_dataset.training, folder)
    (folder / "dots" / "page.jpg").write_bytes(b"<html>")
    whole = next((folder / "plain").glob("*.jpg"))
    whole.write_bytes(whole.read_bytes()[:-200])
    code, output = run(folder, "--json")
    refused = json.loads(output)["channels"]["training"]["refused"]
    assert code == 1
    assert set(refused) == {"dots/page.jpg", f"plain/{whole.name}"}
    code, output = run(folder, "--quick")
    assert code == 1
    assert "dots/page.jpg: HTML" in output
    assert "Only headers were read" in output


def test_a_folder_without_classes_is_explained(tmp_path: Path) -> None:
    code, output = run(tmp_path)
    assert code == 1
    assert "one folder per class" in output


def folder_of(root: Path, photo: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(photo.read_bytes())
    return root


def test_a_class_that_cannot_be_split_fails_as_it_does_in_training(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    photo = next(tiny_dataset.training.rglob("*.jpg"))
    folder = folder_of(tmp_path / "data", photo, "ant/1.jpg", "ant/2.jpg", "bee/1.jpg", "bee/2.jpg")
    assert run(folder, "--quick")[0] == 0
    (folder / "bee" / "1.jpg").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    code, output = run(folder, "--quick")
    assert code == 1
    assert "Training refuses this: " in output
    assert "has a single image for 'bee'" in output
    _, output = run(folder, "--quick", "--json")
    assert "'bee'" in json.loads(output)["problems"][0]
    # With validation images of its own nothing is split off.
    assert json.loads(run(folder, "--validation", folder, "--quick", "--json")[1])["problems"] == []


def test_a_channel_without_a_usable_image_fails(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    label = next(tiny_dataset.training.iterdir()).name
    page = folder_of(tmp_path / "test", Path(__file__), f"{label}/1.jpg")
    code, output = run(tiny_dataset.training, "--test", page, "--quick")
    assert code == 1
    assert f"No readable image is left in {page}." in output


def test_parts_of_a_data_set_are_refused(tiny_dataset: SimpleNamespace, tmp_path: Path) -> None:
    photo = next(tiny_dataset.training.rglob("*.jpg"))
    folder = folder_of(tmp_path, photo, "train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg")
    code, output = run(folder)
    assert code == 1
    assert f"{tmp_path}/val with --validation" in output


def test_parts_of_a_data_set_within_classes_are_refused_here_and_by_training(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    for part in ("train", "val"):
        for folder in tiny_dataset.test.iterdir():
            shutil.copytree(folder, tmp_path / folder.name / part)
    result = CliRunner().invoke(main, ["check-data", str(tmp_path)])
    assert result.exit_code == 1
    assert "'dots/train' and 'dots/val', and so in 3 of 3 classes" in result.output
    with pytest.raises(DatasetError, match="'dots/train' and 'dots/val', and so in 3 of 3"):
        image_folder.describe(tmp_path)


def test_names_that_are_no_utf_8_are_printed_as_text_that_readers_take(tmp_path: Path) -> None:
    for name in ("ant/1.jpg", "bee/1.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"GIF8")
    (tmp_path / "ant" / "1.jpg").rename(tmp_path / "ant" / "Mu\udcf1oz.jpg")
    done = subprocess.run(
        [sys.executable, "-m", "ic_tf_sdk.cli", "check-data", "--quick", "--json", str(tmp_path)],
        capture_output=True,
        check=False,
        timeout=120,
    )
    refused = json.loads(done.stdout.decode())["channels"]["training"]["refused"]
    assert done.returncode == 1
    assert set(refused) == {"ant/Mu\udcf1oz.jpg", "bee/1.jpg"}
    assert b"Traceback" not in done.stderr


def test_images_that_train_and_would_not_be_predicted_are_named(
    tiny_dataset: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    folder = tmp_path / "data"
    shutil.copytree(tiny_dataset.training, folder)
    Image.new("RGB", (300, 200)).save(folder / "dots" / "large.png")
    with (folder / "plain" / "long.png").open("wb") as stream:
        stream.write((folder / "dots" / "large.png").read_bytes())
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "59999")
    code, output = run(folder, "--quick")
    assert code == 0
    assert "dots/large.png: 60000 pixels; an endpoint takes at most 59999" in output
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "60000")
    with (folder / "plain" / "long.png").open("ab") as stream:
        stream.truncate((100 << 20) + 1)
    unserved = json.loads(run(folder, "--quick", "--json")[1])["channels"]["training"]["unserved"]
    reason = "104857601 bytes; an endpoint takes at most 104857600"
    assert unserved == {"plain/long.png": reason}


def photos(root: Path, **counts: int) -> Path:
    """Folders of so many pictures each, every one of other bytes."""
    for label, count in counts.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            colour = (40 * number, 31 * ord(label[0]) % 256, 20 * len(root.name))
            Image.new("RGB", (40 + number, 30 + 2 * number), colour).save(
                root / label / f"{number}.jpg"
            )
    return root


@pytest.mark.usefixtures("no_tensorflow")
def test_the_report_names_each_channel_its_sizes_and_what_comes_next(tmp_path: Path) -> None:
    training = photos(tmp_path / "training", ant=3, bee=2)
    test = photos(tmp_path / "test", ant=1, bee=1)
    shutil.copy(training / "ant" / "0.jpg", test / "ant" / "0.jpg")
    folders = {"training": image_folder.describe(training), "test": image_folder.describe(test)}
    done = CliRunner().invoke(
        main, ["check-data", str(training), "--test", str(test), "--quick"], env={"NO_COLOR": "1"}
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "class  training  test",
        "ant    3         1",
        "bee    2         1",
        "(all)  5         2",
        "",
        "training: 5 JPEG",
        "  width 40 to 42, height 30 to 34",
        "",
        "test: 2 JPEG",
        "  width 40 to 40, height 30 to 30",
        "",
        "Duplicates: 1 file repeats the bytes of another.",
        f"Warning: {duplicates.warnings(duplicates.duplicates(folders))[0]}",
        "",
        "Only headers were read: a damaged image may have passed.",
    ]
    assert f"  ic-tf fit {training} --test {test}\n" in done.stderr


@pytest.mark.usefixtures("no_tensorflow")
def test_without_tensorflow_headers_are_read_and_what_decodes_the_rest_is_named(
    tmp_path: Path,
) -> None:
    training = photos(tmp_path / "training", ant=10, bee=1)
    code, output = run(training, "--validation", training)
    assert code == 0
    assert "Only headers were read: a damaged image may have passed.\n" in output
    assert "To have every image decoded: pip install " in output
    # Of a channel its own warnings are said below it.
    assert "\n  Warning: The classes are uneven: 10 images of 'ant', 1 of 'bee'" in output


@pytest.mark.usefixtures("no_tensorflow")
def test_of_a_channel_without_images_nothing_is_said_but_what_training_refuses(
    tmp_path: Path,
) -> None:
    empty, test = tmp_path / "empty", photos(tmp_path / "test", ant=1, bee=1)
    for label in ("ant", "bee"):
        (empty / label).mkdir(parents=True)
    code, output = run(empty, "--test", test)
    assert code == 1
    assert f"\nTraining refuses this: No .jpg, .jpeg, .png images in {empty} for" in output
    assert "training:" not in output
    # Nothing was read.
    assert "Only headers" not in output
    # Without classes of training nothing is known of those of another channel.
    (tmp_path / "none").mkdir()
    assert json.loads(run(tmp_path / "none", "--test", test, "--json")[1])["channels"] == {}


def test_headers_are_read_without_tensorflow_being_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever sets it has TensorFlow loaded when it is first imported, and not before.
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    training = photos(tmp_path / "training", ant=2, bee=2)
    done = CliRunner().invoke(main, ["check-data", str(training), "--quick"])
    assert done.exit_code == 0
    assert "Reading headers: 4 images in" in done.stderr
    assert "TensorFlow" not in done.stderr


def test_labels_are_looked_for_where_they_are_asked_for(tmp_path: Path) -> None:
    training = photos(tmp_path / "training", ant=2, bee=2)
    code, output = run(training, "--labels", "--quick")
    assert code == 1
    assert "--labels decodes every image; leave out --quick." in output
    # Else no model looks at the images, and nothing is written.
    assert run(training, "--quick")[0] == 0
    assert not (tmp_path / "training-suspects").exists()


def test_what_is_refused_is_listed_and_nothing_comes_next(tmp_path: Path) -> None:
    training = photos(tmp_path / "training", ant=3, bee=3)
    (training / "ant" / "page.jpg").write_bytes(b"<html>")
    done = CliRunner().invoke(main, ["check-data", str(training), "--quick"])
    assert done.exit_code == 1
    assert "  1 cannot be used (on_bad_image 'skip' leaves them out):\n    ant/page.jpg: HTML" in (
        done.stdout
    )
    assert "ic-tf fit" not in done.stderr
    # As JSON nothing but JSON is printed, and a set without a fault names no next step either.
    (training / "ant" / "page.jpg").unlink()
    done = CliRunner().invoke(main, ["check-data", str(training), "--quick", "--json"])
    assert done.exit_code == 0
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert (report["decoded"], report["problems"], report["duplicates"]) == (False, [], [])


def test_problems_of_all_other_channels_are_said_at_once(tmp_path: Path) -> None:
    training = photos(tmp_path / "training", ant=2, bee=2)
    channels = []
    for name in ("validation", "test"):
        channels += [f"--{name}", str(photos(tmp_path / name, wasp=1))]
    done = CliRunner().invoke(main, ["check-data", str(training), *channels])
    assert done.exit_code == 1
    assert str(tmp_path / "validation") in done.stdout
    assert str(tmp_path / "test") in done.stdout


def test_what_comes_next_leaves_suspects_out_where_there_are_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(labels: Any) -> str:
        checked = _Checked({}, [], [], labels, tmp_path / "out", decoded=False)
        _show_next(checked, Path("flowers"), ("--test", Path("more")), ("--validation", None))
        return capsys.readouterr().err

    plain = "  ic-tf fit flowers --test more\n      train on it\n"
    assert shown(None).endswith(plain)
    assert shown(SimpleNamespace(suspects=[])).endswith(plain)
    found = shown(SimpleNamespace(suspects=[1]))
    assert f"  ic-tf fit flowers --test more --exclude {tmp_path}/out/suspects.csv\n" in found
    assert "train without them, once suspects.csv lists none that is right" in found


@pytest.mark.parametrize("option", ["--model", "--output"])
def test_what_belongs_to_labels_is_refused_without_them(tmp_path: Path, option: str) -> None:
    training = photos(tmp_path / "training", ant=2, bee=2)
    code, said = run(training, "--quick", option, tmp_path / "suspects")
    assert code == 1
    assert f"{option}: only what --labels does takes it; add --labels." in said
