"""The reference leaves no public module out, and every page of it has its place in the index."""

import importlib
import pkgutil
import re
from pathlib import Path

import ic_tf_sdk
from tests import public_names

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

# Modules of the root that users have no business with.
INTERNAL = {"extras", "install_line"}


# The page of what is described and not public.
INSIDE = "inside.md"


def documented(*, inside=True):
    pages = (DOCS / "reference" / "api").glob("*.md")
    texts = [page.read_text() for page in pages if inside or page.name != INSIDE]
    modules = re.findall(r"automodule:: (\S+)", "".join(texts))
    assert len(modules) == len(set(modules))
    return set(modules)


def test_every_module_of_the_root_has_its_place():
    modules = {path.stem for path in Path(ic_tf_sdk.__file__).parent.glob("[!_]*.py")}
    assert {f"ic_tf_sdk.{name}" for name in modules - INTERNAL} <= documented()


def test_every_public_name_of_the_root_has_its_place():
    names = {name for name in ic_tf_sdk.__all__ if not name.startswith("_")}
    modules = {module.split(".")[1] for module in documented()}
    assert names <= modules


def test_the_public_pages_have_the_modules_of_the_public_names_and_no_others():
    modules = {module.__name__ for module in public_names.modules().values()} - {"ic_tf_sdk"}
    homes = {public_names.home(value).__name__ for value in public_names.objects().values()}
    # These packages show their functions in their own sections.
    homes -= {"ic_tf_sdk.embedded.archive", "ic_tf_sdk.sample_data.dataset"}
    assert documented(inside=False) == modules | homes


def test_the_page_of_launch_lists_its_names():
    page = (DOCS / "reference" / "api" / "launch.md").read_text(encoding="utf-8")
    table = "".join(line for line in page.splitlines() if line.startswith("|"))
    assert set(re.findall(r"`(\w+)`", table)) == set(ic_tf_sdk.launch.__all__)


def test_every_module_that_the_pages_tell_to_import_has_its_place():
    imported = set()
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for module, names in re.findall(r"^from (ic_tf_sdk\S*) import (.+)$", text, re.MULTILINE):
            imported |= {f"{module}.{name.strip()}" for name in names.split(",")} | {module}
    modules = {name for name in imported if is_module(name)} - {"ic_tf_sdk"}
    assert modules
    assert modules <= documented()


def test_documented_modules_say_what_is_public():
    for name in documented() - {"ic_tf_sdk.model_ids"}:
        assert importlib.import_module(name).__all__, name


def test_names_in_the_text_exist():
    """``launch.tuning.DOCUMENTED``, say, or the same from ``ic_tf_sdk`` on."""
    rooms = "|".join(sorted({name.split(".")[1] for name in documented()}))
    pattern = re.compile(rf"`(?:ic_tf_sdk\.)?((?:{rooms})\.\w[\w.]*)`")
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for name in pattern.findall(page.read_text(encoding="utf-8")):
            if not name.endswith((".py", ".json")):
                pkgutil.resolve_name(f"ic_tf_sdk.{name}")


def is_module(name):
    """A room without names of its own is not a module to import from."""
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return hasattr(module, "__all__") or not hasattr(module, "__path__")
