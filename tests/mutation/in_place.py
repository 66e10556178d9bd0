"""A change made in modules that are loaded already: the functions that have it get their code exchanged."""

from __future__ import annotations

import ast
import gc
import sys
from collections import defaultdict
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FunctionType

from .covering import statement_lines
from .mutants import Mutant, changed

Place = tuple[str, int]  # a function's qualified name and its first line

# CO_OPTIMIZED: what functions have and bodies of classes and modules lack.
OPTIMISED = 0x1


class Loaded:
    """The functions of modules as this process has loaded them, wherever they are bound."""

    def __init__(self, tree: Path, modules: set[str]) -> None:
        """Of modules that are named from the top of the tree; of all that is loaded, the caches are known, too."""
        names = {str((tree / module).resolve()): module for module in modules}
        self._functions: dict[str, dict[Place, list[FunctionType]]] = {one: defaultdict(list) for one in modules}
        self._caches: list[_lru_cache_wrapper[object]] = []
        ours = [(one, getattr(one, "__file__", None)) for one in list(sys.modules.values())]
        # Modules of ours and of the tests', with the name of those that are changed.
        self._imported = [one for one, file in ours if file and Path(file).resolve().is_relative_to(tree.resolve())]
        self._names = {one.__name__: names.get(str(Path(one.__file__ or "").resolve()), "") for one in self._imported}
        resolved: dict[str, str] = {}
        for one in gc.get_objects():
            # By its own type: what a dead weak reference stands for can be asked nothing.
            kind = type(one)
            if kind is FunctionType:
                code = one.__code__
                if code.co_filename not in resolved:
                    resolved[code.co_filename] = str(Path(code.co_filename).resolve())
                module = names.get(resolved[code.co_filename])
                if module is not None:
                    self._functions[module][code.co_qualname, code.co_firstlineno].append(one)
            elif kind is _lru_cache_wrapper and (one.__module__ or "").startswith(("hashwatt", "tests")):
                self._caches.append(one)

    def change(self, mutant: Mutant, source: str) -> bool:
        """Make the change; False where it can only be made by loading the module anew (what runs at its import)."""
        if statement_lines(source, mutant.line) is None:
            return self._change_constant(mutant, source)
        before = functions_in(compile(source, mutant.module, "exec", dont_inherit=True))
        after = functions_in(compile(changed(source, mutant), mutant.module, "exec", dont_inherit=True))
        differing = [place for place, code in after.items() if before.get(place) != code]
        functions = self._functions[mutant.module]
        if not differing or not all(functions.get(place) for place in differing):
            return False
        try:
            for place in differing:
                for function in functions[place]:
                    function.__code__ = after[place]
        except ValueError:
            # It has other variables of the function around it than before.
            return False
        self.forget()
        return True

    def _change_constant(self, mutant: Mutant, source: str) -> bool:
        """Give a module's constant the value of the changed line, in all modules that have it under its name.

        What was worked out from it at import (a default of an argument, another constant) stays as it was.
        """
        pairs = zip(ast.parse(source).body, changed(source, mutant).body, strict=True)
        before, after = next(pair for pair in pairs if ast.dump(pair[0]) != ast.dump(pair[1]))
        if not (isinstance(before, ast.Assign) and isinstance(after, ast.Assign)):
            return False
        target = before.targets[0]
        here = next((one for one in self._imported if self._names[one.__name__] == mutant.module), None)
        if here is None or not isinstance(target, ast.Name):
            return False
        was = vars(here)[target.id]
        value = eval(compile(ast.Expression(after.value), mutant.module, "eval"), vars(here))
        for one in self._imported:
            if vars(one).get(target.id, self) is was:
                setattr(one, target.id, value)
        self.forget()
        return True

    def forget(self) -> None:
        """What functions keep of earlier calls."""
        for cache in self._caches:
            cache.cache_clear()


def functions_in(code: CodeType) -> dict[Place, CodeType]:
    """A module's functions and its classes' methods, without those within functions."""
    found: dict[Place, CodeType] = {}
    for one in code.co_consts:
        if isinstance(one, CodeType) and "<" not in one.co_qualname:
            # A class's body is code as well, of another kind: it has no place for local variables of its own.
            if one.co_flags & OPTIMISED:
                found[one.co_qualname, one.co_firstlineno] = one
            else:
                found |= functions_in(one)
    return found
