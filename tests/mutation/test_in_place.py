"""A change made in what is loaded is the change that loading the module anew would make, wherever it is bound."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import pytest

from .in_place import Loaded, functions_in
from .mutants import Mutant, mutants_of

SOURCE = '''"""A module."""
from functools import lru_cache

MOST = 3


def few(number, most=MOST):
    return number < most


@lru_cache
def twice(number):
    return number * 2


class Counter:
    first = 5

    @property
    def next(self):
        return self.first + 1

    @staticmethod
    def all():
        return [each > 1 for each in (1, 2)]


def outer(number):
    def inner():
        return number - 1

    return inner()
'''


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "tried.py"
    path.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("tests_mutation_tried", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def change(tree: Path, before: str, after: str) -> bool:
    (mutant,) = (one for one in mutants_of("tried.py", SOURCE) if (one.before, one.after) == (before, after))
    return Loaded(tree, {"tried.py"}).change(mutant, SOURCE)


def test_functions_methods_properties_and_inner_functions_are_changed_where_they_are_bound(
    module: ModuleType, tmp_path: Path
) -> None:
    few, counter = module.few, module.Counter()
    assert (few(3), counter.next, counter.all(), module.outer(5)) == (False, 6, [False, True], 4)
    assert change(tmp_path, "number < most", "number <= most")
    assert few(3)
    assert change(tmp_path, "self.first + 1", "self.first - 1")
    assert counter.next == 4
    assert change(tmp_path, "each > 1", "each >= 1")
    assert counter.all() == [True, True]
    assert change(tmp_path, "number - 1", "number + 1")
    assert module.outer(5) == 6


def test_what_a_cache_held_of_the_unchanged_code_is_forgotten(module: ModuleType, tmp_path: Path) -> None:
    module.twice.__module__ = "tests.tried"
    assert isinstance(module.twice, type(lru_cache(len)))
    assert module.twice(8) == 16
    assert change(tmp_path, "number * 2", "number / 2")
    assert module.twice(8) == 4


def test_a_constant_is_changed_in_all_modules_that_have_it_under_its_name(module: ModuleType, tmp_path: Path) -> None:
    assert change(tmp_path, "3", "4")
    assert (module.MOST, module.Counter.first) == (4, 5)


def test_what_else_runs_at_import_is_left_to_loading_anew(module: ModuleType, tmp_path: Path) -> None:
    assert not change(tmp_path, "5", "6")
    assert (module.MOST, module.Counter.first) == (3, 5)


def test_a_module_that_is_not_loaded_cannot_be_changed_in_place(tmp_path: Path) -> None:
    mutant: Mutant = mutants_of("tried.py", SOURCE)[3]
    assert not Loaded(tmp_path, {"tried.py"}).change(mutant, SOURCE)


def test_functions_are_found_in_classes_and_not_within_functions() -> None:
    names = {name for name, _ in functions_in(compile(SOURCE, "tried.py", "exec"))}
    assert names == {"few", "twice", "Counter.next", "Counter.all", "outer"}
