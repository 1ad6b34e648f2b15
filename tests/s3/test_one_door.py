"""There is one door to AWS: a rule about clients, URIs and refusals stands once."""

import ast
from pathlib import Path

import ic_tf_sdk

PACKAGE = Path(ic_tf_sdk.__file__).parent


def amazon(name: str | None) -> bool:
    return (name or "").partition(".")[0] in ("boto3", "botocore", "s3transfer")


def loads(call: ast.Call) -> bool:
    """Whether a call names one of them; to say that an extra is missing is no use of it."""
    named = [one.value for one in call.args[:1] if isinstance(one, ast.Constant)]
    return any(isinstance(name, str) and amazon(name) for name in named) and not (
        isinstance(call.func, ast.Attribute) and call.func.attr == "require"
    )


def uses_boto(tree: ast.AST) -> bool:
    """Whether a module imports boto3 or botocore, or makes a client, by whatever spelling."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(amazon(alias.name) for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and amazon(node.module):
            return True
        if isinstance(node, ast.Call) and loads(node):
            return True
    return False


def test_only_the_room_of_s3_makes_clients() -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if uses_boto(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert users == {"s3/client.py", "s3/refusals.py"}


def test_the_check_would_see_a_second_door() -> None:
    for text in ("import boto3", "from botocore import x", "extras.load('botocore.exceptions')"):
        assert uses_boto(ast.parse(text))


def test_no_other_module_takes_a_uri_apart() -> None:
    splitting = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if 'removeprefix("s3://")' in path.read_text(encoding="utf-8")
    }
    assert splitting == set()
