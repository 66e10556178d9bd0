"""RAPL counters driven by known power curves: the joules come out right, and the bounds mean what they say."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashwatt.bench.energy.joules.coverage import Attribution
from hashwatt.bench.energy.joules.readings import Point, Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Meter, MeterError, MeterFound
from hashwatt.bench.energy.meters import rapl
from hashwatt.bench.result.energy import Energy

from .trees import RANGE_UJ, PowerCurve, Zone, rapl_zone

CURVES = [100, pytest.param(200, marks=pytest.mark.slow)]  # Two seconds, for the same fractions of more curves.
UPDATE_S = 0.001
# Counters start this far below the end of their range at most, so that most of the curves wrap.
BELOW_THE_END_UJ = 3_000_000_000
ABOUT_IT = Attribution("the device", "counts it")


def shown_uj(curve: PowerCurve, at_s: float, offset_uj: float) -> int:
    """What the register shows: brought up to date every millisecond, in steps of 2⁻¹⁴ J, within its range."""
    fresh_s = int(at_s / UPDATE_S) * UPDATE_S
    step_uj = RANGE_UJ / 2**32
    return int(int((curve.joules(fresh_s) * 1e6 + offset_uj) / step_uj) * step_uj) % RANGE_UJ


def read(meter: Meter, before_s: float, after_s: float) -> Point:
    try:
        return Point(before_s, after_s, meter.read())
    except MeterError as error:
        return Point(before_s, after_s, None, str(error))


def moments(curve: PowerCurve, window: Window, total_s: float) -> list[float]:
    """When it is read: ten times a second or a little later, just before the window begins and just after it ends."""
    asked = [window.start_s - 1e-3, window.end_s + 1e-3]
    now = 0.0
    while now < total_s:
        asked.append(now)
        now += 0.1 + curve.random.exponential(0.01)
    return sorted(asked)


def measured(curve: PowerCurve, zones: list[Zone], meter: Meter, window: Window, total_s: float) -> Energy:
    """Read now and then on the curve's own time, with late readings, lost ones and silences of seconds."""
    random = curve.random
    offsets_uj = [RANGE_UJ - random.uniform(0, BELOW_THE_END_UJ) for _ in zones]
    silence_s = random.uniform(0, total_s)
    points = []
    for asked_s in moments(curve, window, total_s):
        latency_s = random.exponential(2e-4)
        shown_s = asked_s + random.uniform(0, latency_s)
        silent = 0 < asked_s - silence_s < 1.0 or random.random() < 0.02
        for zone, offset_uj in zip(zones, offsets_uj, strict=True):
            if silent:
                (zone.folder / "energy_uj").unlink(missing_ok=True)
            else:
                (zone.folder / "energy_uj").write_text(str(shown_uj(curve, shown_s, offset_uj)))
        points.append(read(meter, asked_s, asked_s + latency_s))
    return energy_record(meter.info, points, window, ABOUT_IT)


@pytest.fixture(scope="module")
def memory_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: the trees are written tens of thousands of times."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path_factory.mktemp("trees")
        return
    with tempfile.TemporaryDirectory(dir=shared) as name:
        yield Path(name)


@pytest.fixture(scope="module", params=CURVES, ids="{} curves".format)
def records(memory_folder: Path, request: pytest.FixtureRequest) -> list[tuple[float, Energy]]:
    """The truth and the record of each curve."""
    pairs = []
    for seed in range(request.param):
        root = memory_folder / f"{request.param}-{seed}"
        sockets = 1 + seed % 2
        zones = [rapl_zone(root, f"intel-rapl:{socket}", f"package-{socket}") for socket in range(sockets)]
        (found,) = rapl.find(root)
        assert isinstance(found, MeterFound)
        total_s = 12.0
        curve = PowerCurve(seed, total_s)
        window = Window(1.0 + curve.random.uniform(0, 1), 9.0 + curve.random.uniform(0, 2))
        record = measured(curve, zones, found.open(), window, total_s)
        pairs.append((sockets * (curve.joules(window.end_s) - curve.joules(window.start_s)), record))
    return pairs


def test_every_curve_has_a_figure(records: list[tuple[float, Energy]]) -> None:
    assert all(record.gross_j is not None for _, record in records)


def test_joules_are_within_half_a_percent_and_the_bounds_at_least_95_times_in_100(
    records: list[tuple[float, Energy]],
) -> None:
    close = [abs((record.gross_j or 0.0) / truth - 1) < 0.005 for truth, record in records]
    inside = [(record.low_j or 0.0) <= truth <= (record.high_j or 0.0) for truth, record in records]
    assert sum(map(all, zip(close, inside, strict=True))) >= 0.95 * len(records)


def test_the_bounds_hold_even_where_the_edges_of_the_window_were_not_read(records: list[tuple[float, Energy]]) -> None:
    inside = [(record.low_j or 0.0) <= truth <= (record.high_j or 0.0) for truth, record in records]
    assert sum(inside) >= 0.99 * len(records)


def test_the_bounds_are_of_use(records: list[tuple[float, Energy]]) -> None:
    widths = sorted(((record.high_j or 0.0) - (record.low_j or 0.0)) / truth for truth, record in records)
    assert widths[len(records) // 2] < 0.01


def test_silences_are_counted(records: list[tuple[float, Energy]]) -> None:
    assert sum((record.gaps or 0) > 0 for _, record in records) > len(records) / 2


def test_the_course_adds_up_to_the_figure(records: list[tuple[float, Energy]]) -> None:
    for _, record in records[:20]:
        starts = [0.0, *(point.until_s for point in record.course)]
        added = sum(
            point.power_w * (point.until_s - start) for point, start in zip(record.course, starts[:-1], strict=True)
        )
        assert added == pytest.approx(record.gross_j, rel=0.03)
