"""The ladder's medians are taken over devices, and two sources about one device are never averaged."""

from __future__ import annotations

from statistics import median

import pytest

from hashwatt.kernels.opencl.predict import predict
from hashwatt.reports.ladder.progression import Point, middle, progression, summary, times
from hashwatt.reports.ladder.reference import reference_devices


def point(device: str, rate: float | None, source: str = "a", **changes: object) -> Point:
    fields = {"label": device, "rung": "gpu", "origin": "cited", "year": None, "efficiency_j_per_th": None, **changes}
    return Point(device=device, hashrate_hs=rate, source=source, **fields)  # type: ignore[arg-type]


def rate_of(point: Point) -> float | None:
    return point.hashrate_hs


def test_two_sources_of_one_device_bound_the_median_and_are_not_averaged() -> None:
    found = middle([point("x", 90.0, "a"), point("x", 110.0, "b")], rate_of)
    assert found is not None
    assert (found.low, found.high) == (90.0, 110.0)
    assert (found.devices, found.figures, found.sources) == (1, 2, 2)


def test_a_device_counts_once_however_many_sources_it_has() -> None:
    many = [point("x", 1.0, str(number)) for number in range(9)]
    found = middle([*many, point("y", 2.0), point("z", 3.0)], rate_of)
    assert found is not None
    assert found.low == found.high == 2.0


def test_devices_without_the_figure_do_not_count() -> None:
    assert middle([point("x", None)], rate_of) is None
    found = middle([point("x", None), point("y", 5.0)], rate_of)
    assert found is not None
    assert found.devices == 1


def test_only_cited_figures_make_the_median() -> None:
    strangers = [point("x", 1e18, origin=origin) for origin in ("measured", "reported", "modelled", "estimated")]
    found = summary("gpu", [*strangers, point("y", 5.0)]).hashrate_hs
    assert found is not None
    assert found.high == 5.0


def test_a_ratio_keeps_both_bounds() -> None:
    low, high = middle([point("x", 90.0), point("x", 110.0)], rate_of), middle([point("y", 10.0)], rate_of)
    assert times(low, high) == (9.0, 11.0)
    assert times(low, None) is None


def test_medians_and_ratios_follow_from_the_data_file() -> None:
    ladder = progression()
    by_rung = {rung.rung: rung for rung in ladder.rungs}
    best: dict[str, list[float]] = {}
    for row in reference_devices():
        if row.kind == "fpga" and row.origin == "cited" and row.efficiency_j_per_th:
            best.setdefault(row.device, []).append(row.efficiency_j_per_th)
    fpga, gpu = by_rung["fpga"].efficiency_j_per_th, by_rung["gpu"].efficiency_j_per_th
    assert fpga is not None
    assert gpu is not None
    assert fpga.low == median(map(min, best.values()))
    fpga_over_gpu = ladder.steps[1]
    assert fpga_over_gpu.efficiency == pytest.approx((gpu.low / fpga.high, gpu.high / fpga.low))


def test_a_ratio_without_figures_stays_unknown() -> None:
    assert progression().rungs[0].efficiency_j_per_th is None
    assert progression().steps[0].efficiency is None


def test_own_measurements_are_on_the_ladder_but_do_not_move_it() -> None:
    own = point("mine", 1e15, origin="measured", rung="cpu")
    assert own in progression([own]).points
    assert progression([own]).rungs == progression().rungs


def test_gpus_that_are_not_at_hand_are_on_the_ladder_as_modelled() -> None:
    (point,) = (point for point in progression().points if point.device == "GeForce RTX 4090")
    assert (point.rung, point.origin, point.year, point.efficiency_j_per_th) == ("gpu", "modelled", None, None)
    assert point.hashrate_hs == predict("rtx4090").hashrate_hs
    assert "http" in point.source
