"""Asks one side every question and writes an answer per line.

    python answer.py v2|v3|ours MODE CATALOGUE ANSWERS

Runs in any environment that holds that side; the catalogue's folder is what the SDK reads.
"""

import gc
import importlib
import io
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import cases

BUILT_IN = (KeyError, ValueError, NotImplementedError, TypeError, AttributeError, IndexError)
PACKAGES = {"v2": "sagemaker", "v3": "sagemaker.core", "ours": "ic_tf_sdk"}


def main(side: str, mode: str, catalogue: Path, answers: Path) -> None:
    """Write ``answers``: one JSON value per case, in the order of the cases."""
    if "search" not in mode and side != "ours":
        for what in ("MANIFEST", "SPECS"):
            os.environ[f"AWS_JUMPSTART_{what}_LOCAL_ROOT_DIR_OVERRIDE"] = str(catalogue)
    os.environ["DISABLE_JUMPSTART_LOGGING"] = "true"
    os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    functions: dict[str, Callable[..., Any]] = {}
    with answers.open("w", encoding="utf-8") as file:
        for case in cases.cases(mode, catalogue):
            if case.function not in functions:
                functions[case.function] = _function(side, case.function, catalogue)
                # The SDK's million objects need not be looked at in each collection.
                gc.freeze()
            file.write(json.dumps(_answer(functions[case.function], case)) + "\n")


def _answer(function: Callable[..., Any], case: cases.Case) -> dict[str, Any]:
    try:
        return {"value": function(**case.arguments)}
    except Exception as error:
        kinds = [kind.__name__ for kind in BUILT_IN if isinstance(error, kind)]
        ours = any(kind.__name__ == "IcTfSdkError" for kind in type(error).__mro__)
        return {
            "error": kinds,
            "class": type(error).__name__,
            "ours": ours,
            "text": str(error)[:300],
        }


def _function(side: str, name: str, catalogue: Path) -> Callable[..., Any]:
    if name == "list_models":
        return _our_search() if side == "ours" else _their_search(side, catalogue)
    module, function = name.split(".")
    found: Callable[..., Any] = getattr(
        importlib.import_module(f"{PACKAGES[side]}.{module}"), function
    )
    if side == "ours":
        return found
    # Below the decorator that looks for pipeline parameters in the signature at each call: none is
    # among the cases, and it takes a third of the time.
    return getattr(found, "__wrapped__", found)


def _our_search() -> Callable[..., Any]:
    from ic_tf_sdk import specs

    def search(filter: Any = None) -> list[str]:  # noqa: A002
        found = specs.list_models(filter=_built(specs, filter), include_aliases=True)
        # AWS's content, which the SDK reads here, has no embedded models.
        return sorted(model_id for model_id in found if "-embedded-" not in model_id)

    return search


def _their_search(side: str, catalogue: Path) -> Callable[..., Any]:
    package = f"{PACKAGES[side]}.jumpstart"
    filters = importlib.import_module(f"{package}.filters")
    utils = importlib.import_module(f"{package}.notebook_utils")
    session = FolderSession(catalogue)

    def search(**arguments: Any) -> list[str]:
        built = {name: _built(filters, value) for name, value in arguments.items()}
        found: list[str] = utils.list_jumpstart_models(sagemaker_session=session, **built)
        return found

    return search


def _built(filters: Any, value: Any) -> Any:
    """``["And", a, b]`` as the side's own ``And(a, b)``."""
    if not isinstance(value, list):
        return value
    return getattr(filters, value[0])(*(_built(filters, item) for item in value[1:]))


class FolderSession:
    """What ``list_jumpstart_models`` asks of a session, answered from the exported folder."""

    boto_region_name = "us-west-2"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.s3_client = self

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """The object of the bucket, as boto3 gives it."""
        return {"Body": io.BytesIO((self.root / Key).read_bytes()), "ETag": '"1"'}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Its tag, as boto3 gives it."""
        return {"ETag": '"1"'}

    def read_s3_file(self, bucket: str, key: str) -> str:
        """Its text."""
        return (self.root / key).read_text(encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
