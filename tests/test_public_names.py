"""The front door: what is public is shown, found, typed and documented, and nothing else is."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import ic_tf_sdk
from ic_tf_sdk import inference, launch, specs
from tests import public_names

PUBLIC = public_names.modules()
NOT_PUBLIC = "not part of the interface"
LAZY = {"ic_tf_sdk": ic_tf_sdk, "ic_tf_sdk.inference": inference, "ic_tf_sdk.launch": launch}

SHOW = """
import sys
before = set(sys.modules)
import ic_tf_sdk
names = dir(ic_tf_sdk)
loaded = {name for name in sys.modules if name.startswith("ic_tf_sdk")}
assert loaded == {"ic_tf_sdk", "ic_tf_sdk._lazy", "ic_tf_sdk._version"}, loaded
assert not (set(sys.modules) - before) & HEAVY
print(*names)
"""


def test_the_root_shows_its_names_and_loads_none_of_them() -> None:
    code = SHOW.replace("HEAVY", "{'pydantic', 'importlib.metadata', 'inspect', 'pkgutil'}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ic_tf_sdk.__all__


def test_every_name_works_as_an_attribute_without_an_import_of_its_own() -> None:
    code = "import ic_tf_sdk\nfor name in dir(ic_tf_sdk):\n    getattr(ic_tf_sdk, name)\n"
    code += "from ic_tf_sdk.launch import sdk_v2, sdk_v3, transform, tuning\n"
    code += "print(ic_tf_sdk.inference.LocalPredictor.__name__, ic_tf_sdk.launch.model.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "LocalPredictor model\n", done.stderr


@pytest.mark.parametrize("package", LAZY.values(), ids=LAZY)
def test_a_name_that_is_not_there_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'x'"):
        _ = package.x
    with pytest.raises(ImportError, match="cannot import name"):
        exec(f"from {package.__name__} import x")


@pytest.mark.parametrize("package", LAZY.values(), ids=LAZY)
def test_type_checkers_see_the_names_that_are_shown(package: ModuleType) -> None:
    tree = ast.parse(Path(str(package.__file__)).read_text())
    [block] = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    imported = {alias.name for node in imports for alias in node.names}
    assert imported | {"__version__"} == set(package.__all__) | {"__version__"}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_lists_its_names_in_order_and_each_is_there(name: str) -> None:
    module = PUBLIC[name]
    assert module.__doc__
    names = public_names.listed(module)
    assert len(set(names)) == len(names)
    for member in names:
        assert hasattr(module, member), member
        assert member == "__version__" or not member.startswith("_")
        assert member in dir(module)


@pytest.mark.parametrize("name", PUBLIC)
def test_what_a_public_module_makes_and_does_not_list_begins_with_an_underscore(name: str) -> None:
    module = PUBLIC[name]
    written_here = {
        member
        for member, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
        and not member.startswith("_")
    }
    assert written_here <= set(public_names.listed(module))


def test_a_module_below_the_root_is_public_or_says_that_it_is_not() -> None:
    for child in pkgutil.iter_modules(ic_tf_sdk.__path__):
        if child.name not in ic_tf_sdk.__all__ and not child.name.startswith("_"):
            module = importlib.import_module(f"ic_tf_sdk.{child.name}")
            text = " ".join((module.__doc__ or "").split())
            assert NOT_PUBLIC in text, child.name


@pytest.mark.parametrize(
    "package", [ic_tf_sdk.embedded, inference, launch, ic_tf_sdk.sample_data, specs]
)
def test_a_public_package_says_that_its_other_modules_are_not_public(package: ModuleType) -> None:
    assert NOT_PUBLIC in " ".join((package.__doc__ or "").split())
