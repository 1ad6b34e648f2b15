"""A change put into a module that is loaded already, where it is one of what functions do."""

import ast
import gc
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

__all__ = ["Swap", "functions_of", "swap"]

_IS_FUNCTION = 2  # CO_NEWLOCALS: of no module and no class


class Swap:
    """What to exchange: the code of functions, and one assignment of the module.

    Args:
        codes: Qualified name and first line of a function -> its changed code.
        assigned: The changed assignment of the module, if it is that.
    """

    def __init__(
        self, codes: dict[tuple[str, int], CodeType], assigned: ast.Assign | ast.AnnAssign | None
    ) -> None:
        self._codes, self._assigned = codes, assigned

    def apply(self, module: ModuleType, functions: list[FunctionType]) -> None:
        """Exchange it, in this process.

        Args:
            module: The module, as it was loaded.
            functions: All of its functions, see ``functions_of``.
        """
        for function in functions:
            old = function.__code__
            new = self._codes.get(_place(old))
            if new is not None and new.co_freevars == old.co_freevars:
                function.__code__ = new
        if self._assigned is not None:
            self._assign(module, self._assigned)

    def _assign(self, module: ModuleType, assigned: ast.Assign | ast.AnnAssign) -> None:
        before = {name: getattr(module, name) for name in _targets(assigned)}
        exec(compile(ast.Module([assigned], []), "change", "exec"), module.__dict__)
        # Who imported the name has the old value.
        for other in list(sys.modules.values()):
            for name, value in before.items():
                if getattr(other, "__dict__", {}).get(name, module) is value:
                    setattr(other, name, getattr(module, name))


def swap(source: str, changed: str, path: str) -> Swap | None:
    """How to exchange what a change is; None where it is of what runs when the module is loaded.

    Args:
        source: The module's text.
        changed: The same, changed.
        path: Its file.
    """
    codes: dict[tuple[str, int], CodeType] = {}
    alike = _paired(compile(source, path, "exec"), compile(changed, path, "exec"), codes)
    assigned = None if alike else _assignment(source, changed)
    return Swap(codes, assigned) if alike or assigned is not None else None


def functions_of(path: str) -> list[FunctionType]:
    """Every function that was made of a file, also where a decorator hides it.

    Args:
        path: The file.
    """
    every = (one for one in gc.get_objects() if type(one) is FunctionType)
    return [one for one in every if one.__code__.co_filename == path]


def _paired(old: CodeType, new: CodeType, found: dict[tuple[str, int], CodeType]) -> bool:
    """Note each function's changed code; whether nothing differs that runs at the loading."""
    is_function = bool(old.co_flags & _IS_FUNCTION)
    if is_function:
        found[_place(old)] = new
    alike = is_function or _own(old) == _own(new)
    inner, changed = _inner(old), _inner(new)
    if [one.co_name for one in inner] != [one.co_name for one in changed]:
        # Of a function they are made anew when it runs.
        return is_function
    for pair in zip(inner, changed, strict=True):
        alike &= _paired(*pair, found)
    return alike


def _place(code: CodeType) -> tuple[str, int]:
    # Python 3.10 knows no names of classes here; a line holds one function nearly always.
    return getattr(code, "co_qualname", code.co_name), code.co_firstlineno


def _inner(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _own(code: CodeType) -> tuple[object, ...]:
    """What a code does, less the functions in it."""
    values = tuple(repr(one) for one in code.co_consts if not isinstance(one, CodeType))
    return code.co_code, values, code.co_names, code.co_varnames, code.co_freevars


def _assignment(source: str, changed: str) -> ast.Assign | ast.AnnAssign | None:
    """The one assignment of the module's own in which two texts differ."""
    before, after = ast.parse(source).body, ast.parse(changed).body
    pairs = zip(before, after, strict=False)
    differ = [new for old, new in pairs if ast.dump(old) != ast.dump(new)]
    if len(before) != len(after) or len(differ) != 1:
        return None
    [one] = differ
    is_plain = isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None
    return one if is_plain and all(_targets(one)) else None  # type: ignore[arg-type, return-value]


def _targets(assigned: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """The names that are assigned to; "" for what is none."""
    targets = assigned.targets if isinstance(assigned, ast.Assign) else [assigned.target]
    for target in targets:
        yield target.id if isinstance(target, ast.Name) else ""
