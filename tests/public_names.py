"""The public names of the package, as ``dir`` shows them, with what they are."""

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

import ic_tf_sdk


def listed(module: ModuleType) -> list[str]:
    """What a public module lists; the generated one of model ids has constants alone."""
    constants = [name for name in vars(module) if name.isupper()]
    return list(getattr(module, "__all__", constants))


def modules() -> dict[str, ModuleType]:
    """Public name -> each public module, those inside of public packages included."""
    return dict(_modules("ic_tf_sdk", ic_tf_sdk))


def _modules(name: str, module: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    yield name, module
    for member in listed(module):
        value = getattr(module, member)
        if isinstance(value, ModuleType):
            yield from _modules(f"{name}.{member}", value)


def objects() -> dict[str, object]:
    """Public name -> each public function and class, under the first of its names."""
    seen: dict[int, tuple[str, object]] = {}
    for name, module in modules().items():
        for member in listed(module):
            value = getattr(module, member)
            if inspect.isclass(value) or inspect.isroutine(value):
                seen.setdefault(id(value), (f"{name}.{member}", value))
    return dict(seen.values())


def home(value: object) -> ModuleType:
    """The module that a function or class is written in."""
    return importlib.import_module(str(value.__module__))
