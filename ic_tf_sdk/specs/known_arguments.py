"""Names of arguments: one that a mirrored function does not have is answered with those it has."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UnsupportedArgumentError, did_you_mean, nearest

__all__ = ["known_arguments"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

# As other calls of the SDK spell them, and people from memory.
_MEANT = {
    "framework_version": "version",
    "tensorflow_version": "version",
    "tf_version": "version",
    "python_version": "py_version",
    "model": "model_id",
    "model_name": "model_id",
    "version": "model_version",
    "region_name": "region",
    "aws_region": "region",
    "session": "sagemaker_session",
    "boto_session": "sagemaker_session",
    "instance": "instance_type",
    "values": "hyperparameters",
    "mode": "validation_mode",
    "include_container": "include_container_hyperparameters",
}


def known_arguments(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function refuse names that it does not have with a sentence, all of them at once.

    Args:
        function: Takes names alone, no ``**``.

    Returns:
        The same, which raises ``UnsupportedArgumentError``, a ``TypeError`` as Python's own.
    """
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known = frozenset(names)

    @wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        if not kwargs.keys() <= known:
            unknown = [name for name in kwargs if name not in known]
            called = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
            raise UnsupportedArgumentError(_sentence(called, unknown, names))
        return function(*args, **kwargs)

    return checked


def _sentence(called: str, unknown: list[str], names: tuple[str, ...]) -> str:
    said = f"argument{'s' if unknown[1:] else ''} {' and '.join(map(quoted, unknown))}"
    hints = "".join(_hint(name, names) for name in unknown)
    return f"{called} has no {said}.{hints} It takes {', '.join(names)}."


def _hint(name: str, names: tuple[str, ...]) -> str:
    if name.endswith("scope"):
        meant = next((one for one in names if one.endswith("scope")), None)
    else:
        meant = _MEANT.get(name)
    if meant in names:
        return f" {quoted(name)} is called {meant!r} here."
    return did_you_mean(nearest(name, names, 1))
