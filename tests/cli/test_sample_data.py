"""``ic-tf sample-data`` as it is typed."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from ic_tf_sdk.cli import main


def test_command_draws_a_split_set_and_says_where(tmp_path: Path) -> None:
    target = tmp_path / "pictures"
    result = CliRunner().invoke(
        main, ["sample-data", str(target), "--images-per-class", "2", "--seed", "5", "--split"]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == f"20 pictures of 5 classes in {target}\n"
    assert f"  ic-tf fit {target}/training --test {target}/test\n" in result.stderr
    assert sorted(path.name for path in target.iterdir()) == ["more", "test", "training"]


def test_existing_directory_ends_with_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["sample-data", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path} exists already.")


def test_help_loads_neither_numpy_nor_pillow() -> None:
    code = (
        "import sys; from ic_tf_sdk.cli.sample_data import sample_data; "
        "assert not {'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_split_all_pictures_are_in_the_directory(tmp_path: Path) -> None:
    target = tmp_path / "pictures"
    result = CliRunner().invoke(main, ["sample-data", str(target), "--images-per-class", "1"])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"5 pictures of 5 classes in {target}\n"
    assert f"  ic-tf fit {target}\n" in result.stderr
    assert len(list(target.iterdir())) == 5


def test_the_usual_numbers_are_shown_and_impossible_ones_refused(tmp_path: Path) -> None:
    text = " ".join(CliRunner().invoke(main, ["sample-data", "--help"]).output.split())
    assert "[default: 100; x>=1]" in text
    assert "[default: 123; x>=0]" in text
    for words in (["--images-per-class", "0"], ["--seed", "-1"]):
        result = CliRunner().invoke(main, ["sample-data", str(tmp_path / "x"), *words])
        assert result.exit_code == 2
    assert list(tmp_path.iterdir()) == []
