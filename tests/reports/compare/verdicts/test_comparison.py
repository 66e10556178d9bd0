"""Faster, slower, same or cannot tell: what the samples support, and no more."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench.result.file import save
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord
from hashwatt.kernels.errors import InputError
from hashwatt.reports.collect.gather import entries_of, gather_results
from hashwatt.reports.compare.rates.between_runs import PRIOR, PRIOR_VIRTUAL
from hashwatt.reports.compare.rates.rate_series import read_series, series_of
from hashwatt.reports.compare.shown.sentences import comparison_lines
from hashwatt.reports.compare.sides.sides import Side, read_side
from hashwatt.reports.compare.verdicts.comparison import Comparison, compare
from hashwatt.reports.compare.verdicts.failures import failures
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for

from ...factory import by_median, machine, result, streaming, tampered, verified, with_energy
from ...samples import unmeasured


def compared(tmp_path: Path, base: Result, new: Result) -> list[Comparison]:
    for name, one in (("base", base), ("new", new)):
        save(one, tmp_path / f"{name}.json")
    return compare(read_side([tmp_path / "base.json"]), read_side([tmp_path / "new.json"]))


def side_of(*runs: Result) -> Side:
    """A side of runs as they are read, each believed."""
    return Side(runs=tuple(tuple(series_of(entry, "x") for entry in entries_of(run, [])) for run in runs))


def runs(rate: float, count: int, first: int, scatter: float = 0.01) -> list[Result]:
    """So many runs of one device, numbered from `first`."""
    return [result(verified(run=run, rate=rate, scatter=scatter), run=run) for run in range(first, first + count)]


def devices(tmp_path: Path, base: Measurement, new: Measurement) -> Comparison:
    (comparison,) = compared(tmp_path, result(base, run=0), result(new, run=1))
    return comparison


@pytest.mark.parametrize(
    ("rate", "scatter", "judgement"),
    [
        (30e6, 0.01, "faster"),
        (20e6, 0.01, "slower"),
        (25.02e6, 0.001, "cannot tell"),
        (26e6, 0.30, "cannot tell"),
    ],
)
def test_the_verdict_follows_from_the_interval(tmp_path: Path, rate: float, scatter: float, judgement: str) -> None:
    found = devices(tmp_path, verified(run=0, scatter=scatter), verified(run=1, rate=rate, scatter=scatter))
    assert found.judgement == judgement
    assert found.ratio is not None
    assert found.ratio.low <= found.ratio.value <= found.ratio.high
    assert (judgement == "cannot tell") == bool(found.because)


def test_one_run_a_side_tells_no_change_that_two_runs_of_the_same_code_may_have(tmp_path: Path) -> None:
    found = devices(tmp_path, verified(run=0, scatter=0.001), verified(run=1, rate=25.75e6, scatter=0.001))
    assert found.judgement == "cannot tell"
    assert "runs a side" in found.because
    assert found.scatter is not None
    assert found.scatter.source == "prior"
    assert any("is a prior, not measured" in line for line in comparison_lines(found))


def test_several_runs_a_side_that_agree_tell_a_smaller_one() -> None:
    (found,) = compare(side_of(*runs(25e6, 5, 0, 0.001)), side_of(*runs(25.75e6, 5, 5, 0.001)))
    assert (found.judgement, found.base_runs, found.new_runs) == ("faster", 5, 5)


def test_several_runs_a_side_that_agree_show_that_nothing_changed() -> None:
    (found,) = compare(side_of(*runs(25e6, 5, 0, 0.001)), side_of(*runs(25e6, 5, 5, 0.001)))
    assert found.judgement == "same"


def test_runs_that_differ_show_how_far_runs_lie_apart_whatever_their_samples_say() -> None:
    base = [*runs(24e6, 2, 0), *runs(26e6, 2, 2)]
    new = [*runs(25e6, 2, 4), *runs(27e6, 2, 6)]
    (found,) = compare(side_of(*base), side_of(*new))
    assert found.judgement == "cannot tell"
    assert found.scatter is not None
    assert found.scatter.deviation > 0.03


@pytest.mark.parametrize(("threshold", "judgement"), [(0.06, "same"), (0.01, "cannot tell")])
def test_the_threshold_says_what_is_the_same(threshold: float, judgement: str) -> None:
    (found,) = compare(side_of(*runs(25e6, 1, 0, 0.001)), side_of(*runs(25e6, 1, 1, 0.001)), threshold)
    assert found.judgement == judgement


def test_a_run_on_both_sides_is_not_compared_with_itself(tmp_path: Path) -> None:
    one = result(verified(run=0), run=0)
    (found,) = compared(tmp_path, one, msgspec.structs.replace(one, note="another note"))
    assert (found.judgement, found.ratio) == ("cannot tell", None)
    assert "the same run stands on both sides" in found.because


def test_too_few_samples_support_no_verdict(tmp_path: Path) -> None:
    found = devices(tmp_path, verified(run=0, samples=4), verified(run=1, samples=4, rate=1e6))
    assert found.judgement == "cannot tell"
    assert "fewer than 10 samples" in found.because


def test_what_does_not_verify_is_not_compared(tmp_path: Path) -> None:
    found = devices(tmp_path, verified(run=0), tampered(verified(run=1)))
    assert found.judgement == "cannot tell"
    assert found.because.startswith("the new run does not verify")


def test_neither_are_its_joules(tmp_path: Path) -> None:
    refused = tampered(with_energy(verified(run=1), 1.2e6))
    found = devices(tmp_path, with_energy(verified(run=0), 2.4e6), refused)
    assert found.energy == "cannot tell"
    assert found.energy_because.startswith("the new run does not verify")


def test_bounds_too_far_apart_for_a_number_give_no_ratio(tmp_path: Path) -> None:
    base, new = with_energy(verified(run=0), 2.4e6, low_j=1e-312), with_energy(verified(run=1), 2.4e6)
    found = devices(tmp_path, base, new)
    assert (found.energy, found.energy_ratio) == ("cannot tell", None)
    assert found.energy_because == "the meters' bounds leave it open"


def test_a_device_of_one_side_only_is_named(tmp_path: Path) -> None:
    new = result(verified(run=1, rate=50e6), verified("opencl:0", run=1, name="GPU", kind="gpu"), run=1)
    found = compared(tmp_path, result(verified(run=0), run=0), new)
    assert [(one.name, one.because) for one in found if one.because] == [
        ("sha256d[opencl:0]", "it is not in the base run")
    ]


def test_another_kind_of_work_is_not_compared(tmp_path: Path) -> None:
    other = verified(run=1, prefixes=16)
    found = devices(tmp_path, with_energy(verified(run=0), 2e6), with_energy(other, 1e6))
    assert "different kinds of work" in found.because
    assert "different kinds of work" in found.energy_because
    assert "work: – → version-rolled × 16" in found.conditions


def test_several_works_of_a_device_are_compared_each_with_its_own(tmp_path: Path) -> None:
    base = result(verified(run=0), verified(run=0, prefixes=16), streaming(), run=0)
    new = result(verified(run=1, rate=50e6), verified(run=1, prefixes=16), streaming(rate=5e9), run=1)
    assert {one.name: one.judgement for one in compared(tmp_path, base, new)} == {
        "sha256d[cpu]": "faster",
        "sha256d[cpu] version-rolled × 16": "cannot tell",
        "stream[cpu]": "slower",
    }


def test_files_of_two_schema_versions_are_both_recomputed_from_their_samples(tmp_path: Path) -> None:
    base, new = verified(run=0, scatter=0.5), verified(run=1, rate=50e6, scatter=0.5)
    # What `save` writes is of version 2, so the older side is handed over as it is read.
    old, now = by_median(result(base, run=0)), result(new, run=1)
    (found,) = compare(side_of(old), side_of(now))
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(new.amount / new.seconds / (base.amount / base.seconds))
    assert old.results[0].rate is not None
    assert now.results[0].rate is not None
    assert found.ratio.value != pytest.approx(now.results[0].rate.value / old.results[0].rate.value)
    assert found.basis == "work ÷ time"
    assert any("all are recomputed from the samples" in line for line in comparison_lines(found))


def test_two_files_of_one_version_are_compared_by_what_they_state(tmp_path: Path) -> None:
    base, new = result(verified(run=0, scatter=0.2), run=0), result(verified(run=1, scatter=0.2), run=1)
    for make, basis in ((by_median, "median"), (lambda run: run, "work ÷ time")):
        old, now = (make(run).results[0].rate for run in (base, new))
        (found,) = compare(side_of(make(base)), side_of(make(new)))
        assert found.ratio is not None
        assert old is not None
        assert now is not None
        assert found.ratio.value == pytest.approx(now.value / old.value)
        assert (found.basis, found.basis_because) == (basis, "")


def test_differing_conditions_are_named(tmp_path: Path) -> None:
    base = result(verified(run=0, clock_hz=[2e9], temperature_c=[50]), run=0)
    hot = WarningRecord(code="throttling", text="it throttled")
    device = verified(run=1, clock_hz=[3e9], temperature_c=[80], driver="test 2")
    assert device.kernel is not None
    device = msgspec.structs.replace(
        device, kernel=msgspec.structs.replace(device.kernel, name="avx512", tuning={"width": 16}), warnings=(hot,)
    )
    new = result(device, run=1, machines=(machine(hypervisor="KVM", governor="powersave"),), libraries={"numba": "1"})
    (found,) = compared(tmp_path, base, new)
    assert set(found.conditions) == {
        "driver: test 1 → test 2",
        "kernel: avx2 → avx512",
        "tuning: – → width=16",
        "machine: bare → virtual",
        "virtual machine: – → KVM",
        "governor: – → powersave",
        "library numba: – → 1",
        "clock: 2.00 GHz → 3.00 GHz",
        "temperature: 50 °C → 80 °C",
        "warning only now: throttling",
    }


def test_equal_conditions_are_not_mentioned(tmp_path: Path) -> None:
    assert devices(tmp_path, verified(run=0), verified(run=1)).conditions == ()


class TestEnergy:
    """Joules a hash are compared by the bounds that the meters leave."""

    @pytest.mark.parametrize(
        ("now", "half_width", "judgement"),
        [(2.0e6, 0.02, "less"), (3.0e6, 0.02, "more"), (2.4e6, 0.001, "same"), (2.3e6, 0.1, "cannot tell")],
    )
    def test_the_verdict(self, now: float, half_width: float, judgement: str) -> None:
        base, new = (
            [result(with_energy(verified(run=run), joules, half_width=half_width), run=run) for run in numbers]
            for joules, numbers in ((2.4e6, range(6)), (now, range(6, 12)))
        )
        (found,) = compare(side_of(*base), side_of(*new))
        assert found.energy == judgement

    def test_one_run_a_side_tells_no_less_than_runs_differ_by(self, tmp_path: Path) -> None:
        base, new = with_energy(verified(run=0), 2.4e6), with_energy(verified(run=1), 2.3e6, half_width=0.001)
        found = devices(tmp_path, base, new)
        assert (found.energy, found.energy_because) == ("cannot tell", "the meters' bounds leave it open")

    @pytest.mark.parametrize(
        ("changes", "because"),
        [
            ({"scope": "wall"}, "the scope differs: package against wall"),
            ({"method": "sampled power"}, "the method differs: integrated counter against sampled power"),
            ({"low_j": None}, "the energy figures have no bounds"),
            ({"gross_j": None}, "no energy figure on both sides"),
        ],
    )
    def test_what_cannot_be_set_against_each_other(
        self, tmp_path: Path, changes: dict[str, object], because: str
    ) -> None:
        found = devices(tmp_path, with_energy(verified(run=0), 2.4e6), with_energy(verified(run=1), 2.4e6, **changes))
        assert (found.energy, found.energy_because) == ("cannot tell", because)


class TestFailures:
    """What `--fail-if-slower` fails for."""

    def broken(self, tmp_path: Path, new: Measurement, percent: float, scatter: float = 0.01) -> list[str]:
        return failures([devices(tmp_path, verified(run=0, scatter=scatter), new)], percent)

    def test_a_device_surely_slower_by_more(self, tmp_path: Path) -> None:
        slower = verified(run=1, rate=20e6)
        assert self.broken(tmp_path, slower, 10) == ["sha256d[cpu] is slower by more than 10 %"]
        assert self.broken(tmp_path, slower, 30) == []

    def test_not_noise(self, tmp_path: Path) -> None:
        assert self.broken(tmp_path, verified(run=1, rate=22e6, scatter=0.5), 5, scatter=0.5) == []

    def test_a_result_that_does_not_verify(self, tmp_path: Path) -> None:
        assert "does not verify" in self.broken(tmp_path, tampered(verified(run=1)), 5)[0]

    def test_a_device_that_gave_no_figure_any_more(self, tmp_path: Path) -> None:
        assert "failed: no answer" in self.broken(tmp_path, unmeasured("failed", "no answer", "cpu"), 5)[0]

    def test_a_device_that_is_gone(self, tmp_path: Path) -> None:
        found = compared(
            tmp_path,
            result(verified(run=0), verified("opencl:0", run=0), run=0),
            result(verified(run=1), run=1),
        )
        assert failures(found, 5) == ["sha256d[opencl:0]: it is not in the new run"]

    def test_nothing_to_compare(self, tmp_path: Path) -> None:
        found = compared(
            tmp_path, result(verified(run=0), run=0), result(verified("opencl:0", run=1, kind="gpu"), run=1)
        )
        assert "nothing could be compared" in failures(found, 5)


class TestPytestBenchmark:
    """Files of pytest-benchmark can stand on either side."""

    def test_a_result_compares_with_its_own_export(self, tmp_path: Path) -> None:
        run = result(verified(), verified("opencl:0", rate=1e9, name="GPU"))
        save(run, tmp_path / "a.json")
        (tmp_path / "b.json").write_bytes(format_for("b.json").render(report_on(gather_results([run]))))
        for base, new in (("a", "b"), ("b", "a")):
            found = compare(read_side([tmp_path / f"{base}.json"]), read_side([tmp_path / f"{new}.json"]))
            assert sorted(one.name for one in found) == ["sha256d[cpu]", "sha256d[opencl:0]"]
            for one in found:
                assert one.ratio is not None
                assert one.ratio.value == pytest.approx(1)
                assert one.conditions == ()

    def stored(self, path: Path, stats: dict[str, object]) -> Path:
        path.write_text(json.dumps({"benchmarks": [{"fullname": "tests/x.py::test_a", "stats": stats}]}))
        return path

    def test_two_files_of_pytest_benchmark(self, tmp_path: Path) -> None:
        base = self.stored(tmp_path / "a.json", {"data": [1.0, 1.01] * 10, "mean": 1.005})
        new = self.stored(tmp_path / "b.json", {"data": [2.0, 2.02] * 10, "mean": 2.01})
        (found,) = compare(read_side([base]), read_side([new]))
        assert (found.name, found.judgement) == ("tests/x.py::test_a", "slower")

    def test_a_file_without_single_times_says_how_to_keep_them(self, tmp_path: Path) -> None:
        file = self.stored(tmp_path / "a.json", {"mean": 1.0})
        (found,) = compare(read_side([file]), read_side([file]))
        assert "--benchmark-save-data" in found.because

    @pytest.mark.parametrize("data", [[0.0], [-1.0], ["x"], [1e99]])
    def test_impossible_times_are_refused(self, tmp_path: Path, data: list[object]) -> None:
        with pytest.raises(InputError, match=r"a\.json is not a valid result"):
            read_series(self.stored(tmp_path / "a.json", {"data": data}))

    def test_another_json_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text('{"hello": 1}')
        with pytest.raises(InputError, match=r"x\.json is not a valid result"):
            read_series(tmp_path / "x.json")


def test_the_words_name_verdict_ratio_interval_and_conditions(tmp_path: Path) -> None:
    found = devices(
        tmp_path, with_energy(verified(run=0), 2.4e6), with_energy(verified(run=1, rate=50e6, driver="2"), 1.2e6)
    )
    lines = list(comparison_lines(found))
    assert lines[0] == "sha256d[cpu]: faster"
    assert lines[1].startswith("  rate × ")
    assert "95 % interval +" in lines[1]
    assert "MH/s (1 run → 1 run)" in lines[2]
    assert lines[3].startswith("  less energy for the same work: × 0.5 (−50.0 %")
    assert lines[4] == "  differs: driver: test 1 → 2"


@pytest.mark.parametrize(("virtual", "prior"), [(True, PRIOR_VIRTUAL), (False, PRIOR), (None, PRIOR)])
def test_runs_of_a_virtual_machine_are_taken_to_lie_further_apart(virtual: bool | None, prior: float) -> None:
    def one(run: int) -> Result:
        entry = verified(run=run)
        assert entry.settings is not None
        settings = msgspec.structs.replace(entry.settings, virtual_machine=virtual)
        return result(msgspec.structs.replace(entry, rate_per_cpu_s=1e6, settings=settings), run=run)

    (found,) = compare(side_of(one(1)), side_of(one(2)))
    assert found.scatter is not None
    assert found.scatter.prior == prior
    assert f"differ by {100 * prior:g} % is a prior" in " ".join(comparison_lines(found))
