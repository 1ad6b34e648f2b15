"""Generated files are what the catalogue says, and the differences page is complete."""

import subprocess
import sys
from pathlib import Path

from ic_tf_sdk import model_ids, specs
from ic_tf_sdk.specs.hyperparameters import ADDITIONS

ROOT = Path(__file__).parents[1]


def generate(*arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_reference_pages_and_model_ids_are_up_to_date():
    done = generate("--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_sees_a_stale_page():
    page = ROOT / "docs" / "reference" / "hyperparameters.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text + "edited\n", encoding="utf-8")
    try:
        done = generate("--check")
    finally:
        page.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert "docs/reference/hyperparameters.md" in done.stdout


def test_every_listed_id_has_one_constant():
    constants = [value for name, value in vars(model_ids).items() if name.isupper()]
    assert constants == specs.list_models()


def test_every_model_stands_in_the_reference():
    page = (ROOT / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    for model_id in specs.model_ids():
        assert f"| `{model_id}` |" in page


def test_every_own_hyperparameter_is_listed_as_a_difference():
    text = (ROOT / "docs" / "reference" / "sdk-differences.md").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("| own hyperparameters ")]
    assert f"accepted: {', '.join(ADDITIONS)} " in line
