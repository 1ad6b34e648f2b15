"""Names of a package that are loaded when they are first used (PEP 562)."""

import sys
from collections.abc import Callable, Mapping

__all__ = ["lazy_names"]


def lazy_names(
    package: str, places: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package that shows its names and loads none of them.

    Args:
        package: Full name of the package, its ``__name__``.
        places: Public name -> where it is below the package, as ``"module:name"``, or
            ``"module:"`` where it is the module itself.
    """

    def load(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        module, _, attribute = places[name].partition(":")
        value: object = import_module(f"{package}.{module}")
        value = getattr(value, attribute) if attribute else value
        # The next use of the name does not come here.
        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: list(sys.modules[package].__all__)
