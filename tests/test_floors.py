"""The plan of the house holds: imports run downwards, files and functions stay small."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ic_tf_sdk"
MODULES = sorted(PACKAGE.rglob("*.py"))

MOST_LINES = 300
MOST_LINES_OF_A_FUNCTION = 60
MOST_MODULES_OF_TRAINING = 6

# Their parameter lists, with what each means, are the SageMaker SDK's.
MIRRORED = {("image_uris.py", "retrieve"), ("environment_variables.py", "retrieve_default")}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of the project over the package that lies in a folder."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's modules and the project's contracts, in a folder of their own."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    for module in MODULES:
        target = folder / module.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(module, target)
    return folder


def test_the_tree_as_it_is_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


# File, what is put at its end, the contract that it breaks.
FORBIDDEN = [
    pytest.param(
        "training/plan.py",
        "def late():\n    from ic_tf_sdk.launch import LocalEstimator\n    return LocalEstimator",
        "floors",
        id="upwards, inside a function",
    ),
    pytest.param("specs/regions.py", "import ic_tf_sdk.content.mirror", "floors", id="upwards"),
    pytest.param(
        "contract/archive.py", "from ic_tf_sdk import specs", "floors", id="facts in the contract"
    ),
    pytest.param(
        "inference/batch.py",
        "from ic_tf_sdk.training.loop import fit",
        "answering needs of training its graph alone",
        id="training in serving",
    ),
    pytest.param(
        "training/data/split.py",
        "from ic_tf_sdk.training.loop import fit",
        "rooms of training",
        id="a room of training",
    ),
    pytest.param(
        "launch/local/job.py",
        "from ic_tf_sdk.launch.sagemaker import job",
        "a start here knows nothing of a start on AWS",
        id="local and SageMaker",
    ),
    pytest.param(
        "specs/versions.py",
        "from ic_tf_sdk.specs import catalogue",
        "no circle of folders or files",
        id="a circle of two files",
    ),
]


@pytest.mark.parametrize(("file", "code", "contract"), FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(
    copy: Path, file: str, code: str, contract: str
) -> None:
    path = copy / "ic_tf_sdk" / file
    before = path.read_text()
    path.write_text(f"{before}\n\n{code}\n")
    try:
        done = lint(copy)
    finally:
        path.write_text(before)
    assert done.returncode != 0
    [verdict] = [text for text in done.stdout.splitlines() if text.startswith(contract)][:1]
    assert "BROKEN" in verdict, done.stdout


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    long = {
        module.relative_to(PACKAGE).as_posix(): lines
        for module in MODULES
        if (lines := len(module.read_text().splitlines())) > MOST_LINES
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        (module.name, node.name): lines
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert set(long) <= MIRRORED, long


def test_training_has_few_modules_beside_its_rooms() -> None:
    beside = [path.name for path in (PACKAGE / "training").glob("*.py")]
    assert len(set(beside) - {"__init__.py"}) <= MOST_MODULES_OF_TRAINING, beside
