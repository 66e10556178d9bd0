"""Every stored core becomes a row of the progression, marked as modelled and with its bounds."""

from __future__ import annotations

import pytest

from hashwatt.kernels.rtl.rows import modelled_rows
from hashwatt.kernels.rtl.validate import bound


def test_every_row_is_modelled_and_says_on_what_basis() -> None:
    rows = modelled_rows()
    assert {row.kind for row in rows} == {"fpga", "asic"}
    for row in rows:
        assert row.origin == "modelled"
        assert row.hashrate_hs > 0
        assert row.basis
        assert row.command.startswith("hashwatt rtl ")


def test_an_fpga_has_no_joules_and_an_asic_has_bounds_from_validation() -> None:
    for row in modelled_rows():
        if row.kind == "fpga":
            assert row.efficiency_j_per_th is row.low_j_per_th is row.heat_w_per_mm2 is None
        else:
            assert row.efficiency_j_per_th is not None
            assert row.low_j_per_th == pytest.approx(row.efficiency_j_per_th / bound())
            assert row.high_j_per_th == pytest.approx(row.efficiency_j_per_th * bound())
            assert row.heat_w_per_mm2 is not None


def test_names_are_unique() -> None:
    names = [row.name for row in modelled_rows()]
    assert len(names) == len(set(names))
