"""Our own hardware cores as rows beside the published devices; their figures come from `kernels.rtl`."""

from __future__ import annotations

from functools import cache

from ...kernels.rtl.rows import ModelledRow, modelled_rows
from .reference import ReferenceDevice


@cache
def modelled_devices() -> tuple[ReferenceDevice, ...]:
    """Every core whose figures `kernels.rtl` keeps, FPGAs first."""
    return tuple(map(_reference, modelled_rows()))


@cache
def efficiency_bounds() -> dict[str, tuple[float, float]]:
    """J/TH between which a core's true efficiency is held to lie, by the core's name, where it has one."""
    return {
        row.name: (row.low_j_per_th, row.high_j_per_th)
        for row in modelled_rows()
        if row.low_j_per_th is not None and row.high_j_per_th is not None
    }


def _reference(row: ModelledRow) -> ReferenceDevice:
    return ReferenceDevice(
        device=row.name,
        name=row.name,
        vendor="hashwatt",
        kind=row.kind,
        form=None,
        origin="modelled",
        # A model is of no year.
        released=None,
        released_source=None,
        process_nm=row.process_nm,
        die_area_mm2=row.area_mm2,
        hashrate_mhs=row.hashrate_hs / 1e6,
        power_w=None,
        efficiency_j_per_th=row.efficiency_j_per_th,
        power_scope="chip" if row.kind == "asic" else None,
        power_note=None,
        outlier=None,
        note=row.basis,
        grade="as titled",
        source=f"our own core, {row.basis}; again with `{row.command}`",
        source_date=None,
        url=None,
        licence=None,
    )
