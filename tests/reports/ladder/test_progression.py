"""The ladder is worked out from the data: the rungs in their own times, the best so far, and what does not count."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from statistics import median

import msgspec
import pytest

from hashwatt.kernels.opencl.predict import predict
from hashwatt.reports.ladder.devices import device_of, first_release, ladder_devices, reason_against
from hashwatt.reports.ladder.frontier import frontier_of, handovers
from hashwatt.reports.ladder.points import Point
from hashwatt.reports.ladder.progression import known_points, progression, progression_from
from hashwatt.reports.ladder.reference import RUNGS, Rung
from hashwatt.reports.ladder.rungs import middle, rungs_of, times
from hashwatt.reports.ladder.story import division_text, short_energy, story

ORDER = ["cpu", "gpu", "fpga", "asic"]


def point(
    device: str = "x", j_per_th: float | None = 1000.0, released: str | None = "2012", **changes: object
) -> Point:
    fields: dict[str, object] = {
        "label": device, "rung": "gpu", "origin": "cited", "year": None, "hashrate_hs": 1e8, "source": "a",
        "form": "card", **changes,
    }  # fmt: skip
    return Point(device=device, efficiency_j_per_th=j_per_th, released=released, **fields)  # type: ignore[arg-type]


def rows() -> list[dict[str, str]]:
    text = (files("hashwatt.reports") / "data" / "reference_devices.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


MAIN_FORMS = {
    "cpu": {"package", "soc"}, "gpu": {"card"}, "fpga": {"board", "rack"},
    "asic": {"miner", "hydro", "immersion", "rack"},
}  # fmt: skip


def counted_by_hand(kind: str) -> dict[str, list[tuple[str, float]]]:
    """Releases and efficiencies by device, read from the file by other means than the program's."""
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in rows():
        usable = row["origin"] == "cited" and not row["outlier"] and row["released"] and row["efficiency_j_per_th"]
        if row["kind"] == kind and usable and row["form"] in MAIN_FORMS[kind]:
            found[row["device"]].append((row["released"], float(row["efficiency_j_per_th"])))
    return found


def first_year(figures: list[tuple[str, float]]) -> int:
    return min(int(released[:4]) for released, _ in figures)


class TestDevices:
    """A device counts once, and what does not count says why."""

    def test_a_device_stands_at_the_median_of_its_sources(self) -> None:
        found = device_of([point(j_per_th=90.0), point(j_per_th=100.0, source="b"), point(j_per_th=500.0, source="c")])
        assert found.efficiency_j_per_th == 100.0
        assert found.efficiencies == (90.0, 100.0, 500.0)
        assert found.sources == ("a", "b", "c")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"outlier": "overclocked"}, "overclocked"),
            ({"origin": "derived"}, "derived"),
            ({"origin": "estimated"}, "estimated"),
            ({"origin": "modelled", "form": None}, "modelled"),
            ({"form": "rig"}, "several cards in one"),
            ({"form": None}, "of unknown form"),
            ({"released": None}, "no release is known"),
        ],
    )
    def test_what_does_not_count_says_why(self, changes: dict[str, object], reason: str) -> None:
        set_aside = point(**changes)  # type: ignore[arg-type]
        assert reason_against(set_aside) == reason
        found = device_of([set_aside])
        assert (found.counted, found.set_aside) == (False, reason)
        # Beside a figure that counts it does not speak for the device.
        assert device_of([set_aside, point(j_per_th=7.0)]).efficiencies == (7.0,)

    def test_a_device_without_energy_does_not_count(self) -> None:
        assert not device_of([point(j_per_th=None)]).counted

    def test_the_first_release_speaks_and_a_month_rather_than_its_year(self) -> None:
        assert first_release(["2013", "2013-10", "2014-02"]) == "2013-10"
        assert first_release(["2012", "2013-10"]) == "2012"
        assert first_release([None]) is None

    def test_devices_of_one_name_on_two_rungs_are_two(self) -> None:
        assert len(ladder_devices([point(), point(rung="fpga", form="board")])) == 2


class TestMedians:
    """Medians are taken over devices, and the sources' disagreements bound them."""

    def test_two_sources_of_one_device_bound_the_median(self) -> None:
        found = middle([device_of([point(j_per_th=90.0), point(j_per_th=110.0)])], lambda one: one.efficiencies)
        assert found is not None
        assert (found.low, found.median, found.high) == (90.0, 100.0, 110.0)
        assert (found.devices, found.figures) == (1, 2)

    def test_a_device_counts_once_however_many_sources_it_has(self) -> None:
        devices = ladder_devices([*[point("x", 1.0)] * 9, point("y", 2.0), point("z", 3.0)])
        found = middle(devices, lambda one: one.efficiencies)
        assert found is not None
        assert found.median == 2.0

    def test_devices_without_the_figure_do_not_count(self) -> None:
        assert middle([device_of([point(j_per_th=None)])], lambda one: one.efficiencies) is None

    def test_a_ratio_keeps_both_bounds(self) -> None:
        one = middle([device_of([point(j_per_th=90.0), point(j_per_th=110.0)])], lambda one: one.efficiencies)
        other = middle([device_of([point(j_per_th=10.0)])], lambda one: one.efficiencies)
        assert times(one, other) == (9.0, 11.0)
        assert times(one, None) is None

    def test_a_rung_without_figures_stays_unknown(self) -> None:
        ladder = progression_from([point()])
        assert ladder.rungs[0].efficiency_j_per_th is None
        assert ladder.rungs[0].first_year is None
        assert ladder.steps[0].efficiency is None
        assert ladder.steps[0].efficiency_ratio is None
        assert "CPU unknown" in story(ladder)

    def test_an_empty_ladder_is_no_error(self) -> None:
        ladder = progression_from([])
        assert ladder.frontier == ()
        assert ladder.today.devices == 0
        assert story(ladder)


class TestFromTheData:
    """What the picture, the sentence and the JSON say, redone from the file by other means."""

    def own_time(self, kind: str) -> dict[str, list[tuple[str, float]]]:
        last = min(map(first_year, counted_by_hand("asic").values()))
        first, end = (last, last + 2) if kind == "asic" else (0, last)
        return {name: found for name, found in counted_by_hand(kind).items() if first <= first_year(found) < end}

    @pytest.mark.parametrize("kind", RUNGS)
    def test_each_rung_s_median_is_that_of_the_file(self, kind: Rung) -> None:
        rung = next(rung for rung in progression().rungs if rung.rung == kind)
        devices = self.own_time(kind)
        assert rung.efficiency_j_per_th is not None
        assert rung.devices == len(devices)
        expected = median(median(figure for _, figure in found) for found in devices.values())
        assert rung.efficiency_j_per_th.median == pytest.approx(expected)
        years = [first_year(found) for found in devices.values()]
        assert (rung.first_year, rung.last_year) == (min(years), max(years))
        assert sum(rung.scopes.values()) == sum(map(len, devices.values()))

    def test_the_ratios_are_those_of_the_medians(self) -> None:
        medians = [median(median(one for _, one in found) for found in self.own_time(kind).values()) for kind in ORDER]
        ratios = [before / after for before, after in pairwise(medians)]
        assert [step.efficiency_ratio for step in progression().steps] == pytest.approx(ratios)

    def test_the_story_is_that_of_the_design(self) -> None:
        ladder = progression()
        assert [rung.devices for rung in ladder.rungs] == [12, 16, 7, 14]
        assert [short_energy(rung.efficiency_j_per_th.median) for rung in ladder.rungs if rung.efficiency_j_per_th] == [
            "12.9 M", "509 k", "52.3 k", "1,181",
        ]  # fmt: skip
        assert [division_text(step.efficiency_ratio or 0) for step in ladder.steps] == ["÷ 25", "÷ 9.7", "÷ 44"]

    def test_the_sentence_says_the_medians_the_ratios_the_numbers_and_the_scopes(self) -> None:
        told = story(progression())
        for words in ("CPU 12.9 M (12 devices of 2004–2011; power of 16 figures: 15 TDP, 1 wall)",
                      "GPU 509 k, ÷ 25 (16 devices", "FPGA 52.3 k, ÷ 9.7 (7 devices",
                      "ASIC 1,181, ÷ 44 (14 devices of 2013–2014", "today "):  # fmt: skip
            assert words in told
        assert told.count(". ") == 0

    def test_the_best_so_far_is_that_of_the_file_and_never_goes_back(self) -> None:
        candidates = []
        for kind in ORDER:
            for name, found in counted_by_hand(kind).items():
                when = first_release(released for released, _ in found)
                assert when is not None
                time = int(when[:4]) + ((int(when[5:]) - 0.5) / 12 if when[4:] else 0.5)
                candidates.append((time, median(figure for _, figure in found), kind, name))
        best, line = float("inf"), []
        for _, figure, kind, name in sorted(candidates):
            if figure < best:
                best = figure
                line.append((kind, name))
        ladder = progression()
        assert [(one.kind, one.device) for one in ladder.frontier] == line
        passed = [(one.kind, one.date[:4]) for one in handovers(ladder.frontier)]
        assert passed == [("cpu", "2004"), ("gpu", "2008"), ("fpga", "2011"), ("asic", "2013")]
        figures = [one.j_per_th for one in ladder.frontier]
        assert figures == sorted(figures, reverse=True)

    @pytest.mark.parametrize("field", ["url", "source"])
    def test_without_any_one_source_the_order_stays(self, field: str) -> None:
        known = known_points()
        sources = {getattr(one, field) for one in known}
        assert len(sources) > 40
        for source in sources:
            ladder = progression_from([one for one in known if getattr(one, field) != source])
            assert [one.kind for one in handovers(ladder.frontier)] == ORDER, source
            medians = [rung.efficiency_j_per_th.median for rung in ladder.rungs if rung.efficiency_j_per_th]
            assert len(medians) == 4, source
            assert medians == sorted(medians, reverse=True), source

    @pytest.mark.parametrize(
        ("change", "least"),
        [
            # Each of our choices undone: the figures move, the order does not.
            (lambda one: msgspec.structs.replace(one, outlier=None), 3),
            (lambda one: msgspec.structs.replace(one, origin="cited"), 3),
        ],
        ids=["outliers in", "derived and estimated in"],
    )
    def test_other_choices_of_what_counts_leave_the_order(self, change: Callable[[Point], Point], least: float) -> None:
        ladder = progression_from(map(change, known_points()))
        ratios = [step.efficiency_ratio or 0 for step in ladder.steps]
        assert min(ratios) > least
        assert [one.kind for one in handovers(ladder.frontier)] == ORDER

    def test_a_modern_gpu_does_not_hide_the_step_to_fpgas(self) -> None:
        devices = progression().devices
        modern = [one.efficiency_j_per_th or 0 for one in devices if one.rung == "gpu" and (one.year or 0) > 2022]
        fpga = next(rung.efficiency_j_per_th for rung in rungs_of(devices) if rung.rung == "fpga")
        assert fpga is not None
        assert 0 < min(modern) < fpga.median


def test_the_best_so_far_takes_only_the_best_of_one_date() -> None:
    line = frontier_of(
        ladder_devices([point("a", 9.0), point("b", 5.0), point("c", 7.0, "2013"), point("d", 5.0, "2014")])
    )
    assert [one.device for one in line] == ["b"]


def test_own_measurements_are_on_the_ladder_but_do_not_move_it() -> None:
    own = point("mine", 1e-3, origin="measured", rung="cpu", form=None)
    ladder, without = progression([own]), progression()
    assert ladder.own == (own,)
    assert own in ladder.points
    assert (ladder.rungs, ladder.frontier, ladder.devices) == (without.rungs, without.frontier, without.devices)


def test_gpus_that_are_not_at_hand_are_on_the_ladder_as_modelled() -> None:
    (found,) = (one for one in progression().points if one.device == "GeForce RTX 4090" and one.origin == "modelled")
    assert (found.rung, found.year, found.efficiency_j_per_th) == ("gpu", None, None)
    assert found.hashrate_hs == predict("rtx4090").hashrate_hs
    assert "http" in found.source
