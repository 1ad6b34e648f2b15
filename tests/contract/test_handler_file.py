"""The handler as one file is the modules that it is made of, and needs none of them."""

import ast
import sys
import types
from pathlib import Path

import pytest

from ic_tf_sdk.contract import (
    accept_header,
    container_answer,
    container_handler,
    handler_file,
    image_cost,
)

PARTS = (container_handler, container_answer, accept_header, image_cost)


def texts() -> list[str]:
    return [Path(str(part.__file__)).read_text(encoding="utf-8") for part in PARTS]


def test_it_imports_nothing_of_this_package_and_all_else_that_its_parts_do() -> None:
    tree = ast.parse(handler_file.source())
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not any(str(node.module).startswith("ic_tf_sdk") for node in imported)
    for text in texts():
        for node in ast.parse(text).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                name = getattr(node, "module", None) or ""
                same = any(ast.dump(node) == ast.dump(other) for other in tree.body)
                assert same != name.startswith("ic_tf_sdk")


def test_it_begins_with_the_handlers_docstring_and_has_every_definition_once() -> None:
    tree = ast.parse(handler_file.source())
    assert ast.get_docstring(tree, clean=False) == container_handler.__doc__
    defined = [
        ast.dump(node)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    ]
    expected = [
        ast.dump(node)
        for text in [*texts()[1:], texts()[0]]
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
    ]
    assert defined == expected
    assert handler_file.source().endswith("\n")
    assert not handler_file.source().endswith("\n\n")


def test_it_runs_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        handler_file.write(tmp_path / "new" / "code")
    content = (tmp_path / "new" / "code" / "inference.py").read_text(encoding="utf-8")
    assert content == handler_file.source()
    for name in [name for name in sys.modules if name.startswith("ic_tf_sdk")]:
        monkeypatch.setitem(sys.modules, name, None)
    module = types.ModuleType("inference")
    monkeypatch.setitem(sys.modules, "inference", module)
    exec(compile(content, "inference.py", "exec"), module.__dict__)
    module.check_content_type("image/png")
    with pytest.raises(module.RequestError):
        module.check_content_type("text/plain")


def test_imports_of_several_lines_go_and_lines_stay() -> None:
    text = '''"""One.

Two.
"""

import os
from ic_tf_sdk import a
from ic_tf_sdk.contract import (
    b,
    c,
)
from pathlib import Path

VALUE = 1
'''
    head, body = handler_file._split(text)
    assert head == '"""One.\n\nTwo.\n"""'
    assert [line for line in body.splitlines() if line] == [
        "import os",
        "from pathlib import Path",
        "VALUE = 1",
    ]
