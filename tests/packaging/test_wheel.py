"""What is installed is what stands in the tree: nothing forgotten, nothing left over."""

from __future__ import annotations

import os
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

import hashwatt

TREE = Path(__file__).parents[2]
# Where each part of the package stands in the tree, as [tool.setuptools.package-dir] maps it.
PARTS = {
    "hashwatt": TREE / "src" / "hashwatt",
    "hashwatt/bench": TREE / "bench",
    "hashwatt/kernels": TREE / "kernels",
    "hashwatt/reports": TREE / "reports",
}
# In src/hashwatt, for type checkers: symbolic links, or small files where there are no such links.
LINKS = {"bench", "kernels", "reports"}


@pytest.fixture
def installed() -> Distribution:
    """The distribution that `import hashwatt` comes from."""
    home = Path(hashwatt.__file__).parents[1]
    for distribution in distributions(name="hashwatt", path=[str(home)]):
        return distribution
    if "TOX_ENV_NAME" in os.environ:
        pytest.fail(f"tox must test the built package, and not {home}")
    pytest.skip("hashwatt is installed in editable mode, so there is no built package to look at; run tox")


def files_of_the_tree() -> set[str]:
    found = set()
    for package, folder in PARTS.items():
        for path in folder.rglob("*"):
            inner = path.relative_to(folder)
            is_link = package == "hashwatt" and inner.parts[0] in LINKS
            if path.is_file() and not is_link and "__pycache__" not in inner.parts:
                found.add(f"{package}/{inner.as_posix()}")
    return found


def files_of_the_package(installed: Distribution) -> set[str]:
    return {
        path.as_posix()
        for path in installed.files or ()
        if path.parts[0] == "hashwatt" and "__pycache__" not in path.parts
    }


def test_every_file_of_the_tree_is_in_the_package_and_no_other(installed: Distribution) -> None:
    assert files_of_the_package(installed) == files_of_the_tree()


def test_the_package_installs_nothing_outside_its_own_name(installed: Distribution) -> None:
    tops = {path.parts[0] for path in installed.files or () if path.parts[0] != ".."}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hashwatt"}


def test_the_licence_is_in_the_package(installed: Distribution) -> None:
    assert any(path.name == "LICENSE" for path in installed.files or ())
