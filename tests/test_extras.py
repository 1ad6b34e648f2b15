"""Without an optional package, every door says which extra brings it."""

import ast
import re
import sys
from pathlib import Path

import pytest

import ic_tf_sdk
from ic_tf_sdk import extras
from ic_tf_sdk.errors import MissingExtraError

PACKAGE = Path(ic_tf_sdk.__file__).parent
# Distribution -> the module that is imported from it, where the names differ.
MODULES = {"pillow": "PIL", "mlflow-skinny": "mlflow", "scikit-learn": "sklearn"}


def brought() -> dict[str, set[str]]:
    """Extra -> modules that its requirements bring."""
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    return {
        extra: {_module(requirement) for requirement in requirements}
        for extra, requirements in project["optional-dependencies"].items()
    }


def _module(requirement: str) -> str:
    distribution = re.match(r"[\w.-]+", requirement)
    assert distribution is not None
    return MODULES.get(distribution[0], distribution[0].replace("-", "_"))


@pytest.mark.parametrize(("module", "extra"), [(k, v[1]) for k, v in extras._EXTRAS.items()])
def test_the_extra_that_is_named_brings_the_package(module: str, extra: str) -> None:
    top = {"botocore": "boto3"}.get(module, module).partition(".")[0]
    assert top in brought()[extra]


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("boto3", r"boto3 is not installed.*ic-tf-sdk\[aws\]"),
        ("botocore.config", r"boto3 is not installed.*ic-tf-sdk\[aws\]"),
        ("sagemaker.estimator", r"SDK v2 is not installed.*ic-tf-sdk\[sagemaker-v2\]"),
        ("sagemaker.core.training", r"SDK v3 is not installed.*ic-tf-sdk\[sagemaker-v3\]"),
    ],
)
def test_a_missing_module_names_its_extra(
    module: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=said):
        extras.load(module)


def test_presence_is_asked_without_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert not extras.has("uvicorn")
    with pytest.raises(MissingExtraError, match=r"uvicorn is not installed.*ic-tf-sdk\[serve\]"):
        extras.require("starlette", "uvicorn")
    extras.require("starlette")


def test_everything_that_is_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("starlette", "uvicorn", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        extras.require("starlette", "uvicorn", "tensorflow")
    assert caught.value.extra == "serve,train"
    text = "starlette and TensorFlow are not installed. They come with ic-tf-sdk[serve,train]: pip"
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("missing", "extra"),
    [
        (("cleanlab", "tensorflow"), "labels"),
        (("onnx", "onnxruntime"), "onnx"),
        (("tensorflow", "onnxruntime"), "train,predict"),
    ],
)
def test_an_extra_that_another_one_brings_is_not_named_beside_it(
    missing: tuple[str, ...], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        extras.require(*missing)
    assert caught.value.extra == extra


def test_nobody_else_raises_it() -> None:
    """One home of the rule: which extra brings a package is said in extras.py alone."""
    raising = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) == "MissingExtraError"
    ]
    # A container has no extras module, and one package that its image may lack.
    assert set(raising) == {"extras.py", "training/plan.py"}


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The version of the SageMaker SDK that is installed; none where the list is empty."""
    installed: list[str] = []

    def version(name: str) -> str:
        assert name == "sagemaker"
        if not installed:
            raise extras.importlib.metadata.PackageNotFoundError(name)
        return installed[0]

    monkeypatch.setattr(extras.importlib.metadata, "version", version)
    return installed


def test_the_line_of_the_sdk_is_told_by_its_version(sdk: list[str]) -> None:
    with pytest.raises(MissingExtraError, match=r"The SageMaker SDK is not installed"):
        extras.sagemaker_line()
    for version, line in (("2.257.1", "v2"), ("3.27.0", "v3"), ("20.1", "v3")):
        sdk[:] = [version]
        assert extras.sagemaker_line() == line


@pytest.mark.parametrize(
    ("installed", "module", "other"),
    [
        ("3.27.0", "sagemaker.estimator", "v3"),
        ("2.257.1", "sagemaker.train", "v2"),
        ("2.257.1", "sagemaker.estimator", None),
        ("3.27.0", "sagemaker.train.x", None),
        (None, "sagemaker.estimator", None),
        ("3.27.0", "boto3", None),
    ],
)
def test_of_a_missing_line_it_is_said_that_the_other_one_is_there(
    installed: str | None,
    module: str,
    other: str | None,
    sdk: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sdk[:] = [] if installed is None else [installed]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        extras.load(module)
    told = f"in an environment of its own: version {installed} is installed here"
    assert (told in str(caught.value)) is (other is not None)
    assert (f"ic_tf_sdk.launch.sdk_{other} is for this one" in str(caught.value)) is bool(other)


def test_advice_is_the_sentence_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "has", lambda name: name == "numpy")
    assert extras.advice("numpy") == ""
    assert extras.advice("optuna").startswith("Optuna is not installed")
