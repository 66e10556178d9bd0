"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
from importlib import import_module

import pytest

import hashwatt

MODULES = [
    module.name for module in pkgutil.walk_packages(hashwatt.__path__, "hashwatt.") if "__main__" not in module.name
]


@pytest.mark.parametrize("name", ["hashwatt", *MODULES])
def test_docstring_examples(name: str) -> None:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("hashwatt"):
            raise
        pytest.skip(f"{name} needs {error.name}, an optional dependency that is not installed here")
    # Looking for examples takes longer than importing, and few modules have any.
    if ">>>" in inspect.getsource(module):
        assert doctest.testmod(module).failed == 0


def test_there_are_docstring_examples() -> None:
    assert (
        sum(doctest.testmod(import_module(name)).attempted for name in ("hashwatt", "hashwatt.reports.wording.units"))
        > 5
    )
