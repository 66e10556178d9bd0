"""Figures worked out by hand, and how they are compared with what comes out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hashwatt.bench.energy.joules.integral import Integral


def near(*figures: float) -> object:
    return pytest.approx(figures, rel=1e-12, abs=1e-12)


def without(integral: Integral, name: str) -> Integral:
    """The integral with one of its figures unknown."""
    changes: dict[str, Any] = {name: None}
    return replace(integral, **changes)
