"""Functions whose keyword arguments are known by name: to a person, a type checker and at the call.

Many functions take the options of a job. They stand once, in a ``TypedDict``; ``Unpack`` shows them
to type checkers, and :func:`explicit` to ``help``, to notebooks and to the call itself.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ParamSpec, TypeVar, get_type_hints

from ic_tf_sdk.errors import MissingArgumentError
from ic_tf_sdk.launch import argument_names

__all__ = ["explicit"]

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Function = Callable[_Parameters, _Result]

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def explicit(
    options: type | None = None, defaults: Mapping[str, Any] | None = None
) -> Callable[[_Function[_Parameters, _Result]], _Function[_Parameters, _Result]]:
    """Decorate a function so that its options have names, and a wrong name is told the right one.

    Args:
        options: The ``TypedDict`` that the function unpacks, if any. Its names take the place of
            ``**options`` in the signature, and its attributes that of the line in the docstring.
        defaults: Name -> default of each of them, for the signature.
    """

    def decorate(function: _Function[_Parameters, _Result]) -> _Function[_Parameters, _Result]:
        signature = _signature(function, options, defaults or {})

        @functools.wraps(function)
        def call(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            _check(function.__name__, signature, len(args), kwargs)
            return function(*args, **kwargs)

        call.__signature__ = signature  # type: ignore[attr-defined]
        if options is not None and function.__doc__ and options.__doc__:
            call.__doc__ = _documented(function.__doc__, options.__doc__)
        return call

    return decorate


def _signature(
    function: Callable[..., Any], options: type | None, defaults: Mapping[str, Any]
) -> inspect.Signature:
    signature = inspect.signature(function)
    if options is None:
        return signature
    parameters = [p for p in signature.parameters.values() if p.kind in _BY_NAME]
    parameters += [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation
        )
        for name, annotation in get_type_hints(options).items()
    ]
    return signature.replace(parameters=parameters)


def _documented(docstring: str, options: str) -> str:
    """The docstring with the options' attributes in place of its line about ``**options``."""
    attributes = inspect.cleandoc(options).partition("Attributes:\n")[2]
    lines = inspect.cleandoc(docstring).splitlines()
    return "\n".join(attributes if "**options:" in line else line for line in lines)


def _check(
    function: str, signature: inspect.Signature, positional: int, keywords: Mapping[str, Any]
) -> None:
    known = [name for name, p in signature.parameters.items() if p.kind in _BY_NAME]
    unknown = [name for name in keywords if name not in known]
    argument_names.refuse([argument_names.unknown_name(function, n, known) for n in unknown])
    missing = [name for name in _required(signature, positional) if name not in keywords]
    if missing:
        raise MissingArgumentError(f"{function} needs {' and '.join(map(repr, missing))}.")


def _required(signature: inspect.Signature, positional: int) -> Iterator[str]:
    """The arguments without a default that no positional argument was given for."""
    for position, parameter in enumerate(signature.parameters.values()):
        by_position = parameter.kind is _BY_NAME[0] and position < positional
        if parameter.kind in _BY_NAME and parameter.default is parameter.empty and not by_position:
            yield parameter.name
