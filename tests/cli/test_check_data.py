"""``ic-tf check-data``: the report, its JSON, its exit code."""

import json
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner

from ic_tf_sdk.cli import main


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["check-data", *map(str, arguments)])
    return result.exit_code, result.output


def test_good_data_is_counted_and_passes(tiny_dataset: SimpleNamespace) -> None:
    code, output = run(tiny_dataset.training, "--test", tiny_dataset.test)
    assert code == 0
    assert "dots" in output
    assert "48" in output
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
