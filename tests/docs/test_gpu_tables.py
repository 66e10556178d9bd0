"""The tables about GPUs in the pages are those that their command prints; what was registered stays."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from hashwatt.kernels.opencl.codegen.costs import cost_of_hash, rules_of
from hashwatt.kernels.opencl.codegen.pipes import SHARES
from hashwatt.kernels.opencl.codegen.variant import parse_variant

DOCS = Path(__file__).parents[2] / "docs"
KINDS = ("shift", "logic", "add", "multiply", "multiply_high")


@cache
def gpu_tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gpu_tables", DOCS / "gpu_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_predictions_that_are_registered_are_those_of_the_model() -> None:
    page = (DOCS / "opencl.md").read_text(encoding="utf-8")
    dates = re.findall(r"^## Predictions, registered on (\d{4}-\d\d-\d\d)$", page, re.MULTILINE)
    assert dates[0] == "2026-11-26", "what was registered once stays in the page"
    assert dates == sorted(dates)
    registered = page.partition("## Predictions, registered on")[2]
    _, _, *predicted = gpu_tables().predictions()
    assert len(predicted) > 50
    for row in predicted:
        card = row.split(" | ")[0]
        rows = re.findall(rf"^{re.escape(card)} \|.*$", registered, re.MULTILINE)
        # Later tables hold what has changed since, or what is new.
        assert rows[-1:] == [row], "the model has changed: add a table with a new date, and leave the old ones"


def test_the_errors_on_published_results_are_those_of_the_model() -> None:
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert "\n".join(gpu_tables().errors()) in page, "run python docs/gpu_tables.py errors"


def counted_rows() -> list[list[str]]:
    page = (DOCS / "opencl.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (x1-\S+) \| ((?:sm_|gfx)\w+) \| (.*) \|$", page, re.MULTILINE)
    return [[kernel, architecture, *cells.split(" | ")] for kernel, architecture, cells in rows]


def test_the_counts_in_the_page_are_of_every_kernel_and_many_architectures() -> None:
    rows = counted_rows()
    assert {parse_variant(row[0]).pipes for row in rows} == set(SHARES)
    assert len({row[1] for row in rows}) >= 18


@pytest.mark.parametrize("row", counted_rows(), ids=lambda row: f"{row[1]}-{row[0].rpartition('-')[2]}")
def test_what_the_page_says_is_counted_is_counted(row: list[str]) -> None:
    kernel, architecture, *cells = row
    cost = cost_of_hash(rules_of(architecture), parse_variant(kernel).pipes)
    for kind, cell in zip(KINDS, cells, strict=False):
        compiled, _, modelled = cell.replace("(", "").replace(")", "").partition(" ")
        assert int(modelled or compiled) == getattr(cost, kind), kind
        # As close as tests of real compilers want it.
        assert abs(int(compiled) - getattr(cost, kind)) <= max(0.07 * getattr(cost, kind), 12)
