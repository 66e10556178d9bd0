"""Imports run one way (`kernels` ← `bench` ← `reports` ← `cli`) and in no circle: read from the source, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

TREE = Path(__file__).parents[2]
# Where each part of the package stands, lowest first: a part may import from those before it and from itself.
LAYERS = {
    "hashwatt.kernels": TREE / "kernels",
    "hashwatt.bench": TREE / "bench",
    "hashwatt.reports": TREE / "reports",
    "hashwatt": TREE / "src" / "hashwatt",
}
Graph = Mapping[str, set[str]]


def sources(layers: Mapping[str, Path] = LAYERS) -> dict[str, Path]:
    """Every module with its file; the symbolic links of `src/hashwatt` are left to the folders they point to."""
    found = {}
    for package, folder in layers.items():
        for path in sorted(folder.rglob("*.py")):
            inner = path.relative_to(folder)
            if any(parent.is_symlink() for parent in path.parents if folder in parent.parents):
                continue
            parts = inner.with_suffix("").parts
            found[".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])] = path
    return found


def imported(module: str, path: Path, modules: Iterable[str]) -> set[str]:
    """The modules of the package that a module imports, wherever in it, for types only or not."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    known = set(modules)
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base for alias in node.names]
        else:
            continue
        found |= {name for name in names if name in known}
    return found - {module}


def graph_of(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """What each module imports."""
    return {module: imported(module, path, modules) for module, path in modules.items()}


@cache
def import_graph() -> dict[str, set[str]]:
    """What each module of this tree imports."""
    return graph_of(sources())


def layer_of(module: str) -> str:
    """The layer that a module belongs to."""
    return next(layer for layer in LAYERS if module == layer or module.startswith(f"{layer}."))


def between_rooms(graph: Graph, folder: str) -> dict[str, set[str]]:
    """The imports between what a reader sees in one folder: its files and its subfolders, each as a whole."""
    inside = f"{folder}."

    def room(module: str) -> str:
        return inside + module.removeprefix(inside).partition(".")[0]

    rooms: dict[str, set[str]] = {}
    for module, targets in graph.items():
        if module.startswith(inside):
            others = {room(target) for target in targets if target.startswith(inside)} - {room(module)}
            rooms.setdefault(room(module), set()).update(others)
    return rooms


def circle(graph: Graph) -> list[str]:
    """A circle of imports, from a module back to itself; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def climbing(graph: Graph) -> list[str]:
    """The imports that run from a lower layer to a higher one."""
    order = list(LAYERS)
    return sorted(
        f"{module} imports {target}"
        for module, targets in graph.items()
        for target in targets
        if order.index(layer_of(target)) > order.index(layer_of(module))
    )


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    assert not (found := circle(import_graph())), " → ".join(found)


@pytest.mark.parametrize("folder", [name for name, path in sources().items() if path.name == "__init__.py"])
def test_the_rooms_of_a_folder_do_not_import_each_other_in_a_circle(folder: str) -> None:
    assert not (found := circle(between_rooms(import_graph(), folder))), " → ".join(found)


def test_a_layer_imports_from_itself_and_from_those_below_only() -> None:
    assert not (found := climbing(import_graph())), "; ".join(found)


def test_the_result_model_imports_nothing_but_bounded_types_evidence_and_units() -> None:
    graph = import_graph()
    seen: set[str] = set()
    waiting = {"hashwatt.bench.result.model"}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting |= graph[module] - seen
    assert {module.rpartition(".")[0] for module in seen} == {
        "hashwatt.bench.result",
        "hashwatt.kernels",
        "hashwatt.kernels.workloads",
    }
    assert {module.removeprefix("hashwatt.kernels.") for module in seen if module.startswith("hashwatt.kernels")} == {
        "bounded",
        "workloads.evidence",
        "workloads.evidence_version1",
        "workloads.quantity",
    }


def test_every_folder_says_what_it_is_for() -> None:
    for module, path in sources().items():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), module


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"kernels/a.py": "from . import b", "kernels/b.py": "from .a import x"}, "hashwatt.kernels.a"),
        ({"kernels/a.py": "def f():\n    from ..bench import b", "bench/b.py": "import hashwatt.kernels.a"}, "imports"),
    ],
    ids=["a circle", "an import that climbs"],
)
def test_what_these_tests_look_for_is_found(files: dict[str, str], found: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    graph = graph_of(sources({f"hashwatt.{part}": tmp_path / part for part in ("kernels", "bench")}))
    assert found in " ".join(circle(graph)) + " ".join(climbing(graph))
