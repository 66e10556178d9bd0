"""Figures as the ladder holds them: a point is what one source, one model or one measurement says of one device."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from ...bench.result.measurement import Origin
from ...kernels.opencl.predict import Gpu, predict
from .modelled import efficiency_bounds
from .reference import Form, ReferenceDevice, Rung, time_of

# Besides the origins of a result: worked out by arithmetic from a source's figure of something else.
PointOrigin = Origin | Literal["derived"]


class Point(Struct, frozen=True, kw_only=True):
    """One device as one source has it. `year` holds a fraction: the middle of what is known of `released`.

    `energy_origin` is the efficiency's, where it is another one than the hashrate's; `efficiency_low` and
    `efficiency_high` are its bounds in J/TH, where it has any. `outlier` tells why the figure counts in no median.
    `word` tells whose word a hashrate of the user's is, where it is not that of the machine that did the work.
    """

    device: str
    label: str
    rung: Rung
    origin: PointOrigin
    year: float | None
    hashrate_hs: float | None
    efficiency_j_per_th: float | None
    source: str
    energy_origin: PointOrigin | None = None
    efficiency_low: float | None = None
    efficiency_high: float | None = None
    released: str | None = None
    form: Form | None = None
    power_scope: str | None = None
    outlier: str | None = None
    url: str | None = None
    word: str | None = None


def point_of(row: ReferenceDevice) -> Point:
    """The point that a row is, with the bounds of its efficiency where it is a model of ours."""
    low, high = efficiency_bounds().get(row.name, (None, None))
    return Point(
        device=row.device,
        label=row.name,
        rung=row.kind,
        origin=row.origin,
        year=time_of(row.released) if row.released else None,
        hashrate_hs=row.hashrate_hs,
        efficiency_j_per_th=row.efficiency_j_per_th,
        source=row.source,
        efficiency_low=low,
        efficiency_high=high,
        released=row.released,
        form=row.form,
        power_scope=row.power_scope,
        outlier=row.outlier,
        url=row.url,
    )


def point_of_gpu(gpu: Gpu) -> Point:
    """A GPU that is not at hand: its hashrate modelled from its units, lanes and clock; its energy unknown."""
    return Point(
        device=gpu.name,
        label=gpu.name,
        rung="gpu",
        origin="modelled",
        year=None,
        hashrate_hs=predict(gpu.name).hashrate_hs,
        efficiency_j_per_th=None,
        source=f"units × lanes × boost clock ÷ instructions a hash; units and clock from {gpu.source}",
    )
