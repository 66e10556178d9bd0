"""The verdict in words claims no more than the runs support."""

from __future__ import annotations

from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.layout.headline import headline

from ..factory import result, streaming, tampered, verified, with_energy
from ..samples import unmeasured
from ..suite import suite


def told(*results: Result) -> str:
    return "\n".join(headline(gather_results(list(results))))


def gpu(rate: float, *, run: int = 0, scatter: float = 0.01) -> Measurement:
    return verified("opencl:0", run=run, rate=rate, scatter=scatter, name="GPU", kind="gpu")


def test_one_device_is_not_called_the_fastest() -> None:
    assert told(result()).startswith("Test CPU reaches 2")


def test_a_clear_lead_is_a_ratio() -> None:
    assert "It does 2.0" in told(result(verified(), gpu(50e6)))


def test_of_several_kinds_of_work_each_lead_names_its_own() -> None:
    moving = (streaming(), streaming("opencl:0", rate=40e9, name="GPU"))
    words = told(result(verified(), gpu(50e6), *moving))
    assert "Fastest of 2 devices at sha256d: GPU" in words
    assert "Fastest of 2 devices at stream, triad: GPU" in words


def test_overlapping_intervals_are_no_lead() -> None:
    words = told(result(verified(scatter=0.2), gpu(25.5e6, scatter=0.2)))
    assert words.startswith("Highest rate of 2 devices: ")
    assert "Fastest" not in words, "no sentence says what the next one takes back"
    assert "is unknown: their intervals overlap" in words


def test_a_lead_that_earlier_runs_contradict_is_not_called_one() -> None:
    words = told(
        result(verified(run=0, rate=30e6), gpu(20e6, run=0), run=0, day=10),
        result(verified(run=1, rate=20e6), gpu(30e6, run=1), run=1, day=11),
    )
    assert "it is in the newest runs, not in all of them" in words


def test_unknown_energy_is_said() -> None:
    assert "which needs the least is unknown" in told(result())


def test_energies_of_one_kind_are_set_against_each_other() -> None:
    words = told(result(with_energy(verified(), 2e6), with_energy(gpu(50e6), 1e6)))
    assert (
        "Least energy a hash of 2: GPU with 1,000,000 J/TH (980,000–1,020,000; measured, package, the machine's word)."
        in words
    )


def test_energies_whose_bounds_overlap_are_not_ranked() -> None:
    words = told(result(with_energy(verified(), 1e6), with_energy(gpu(50e6), 1.01e6)))
    assert "Least energy a hash of 2" not in words
    assert "whether it is less than GPU's is unknown: their bounds overlap" in words


def test_energy_that_is_known_of_one_work_alone_is_not_denied() -> None:
    words = told(result(with_energy(verified(), 2e6), streaming()))
    assert "At stream, triad no device's energy is known" in words
    assert "No device's energy is known" not in words


def test_energies_of_different_scope_are_not() -> None:
    words = told(result(with_energy(verified(), 2e6), with_energy(gpu(50e6), 1e6, scope="wall")))
    assert "but the figures differ in kind" in words


def test_devices_without_energy_are_counted() -> None:
    assert "; 1 more without an energy figure" in told(result(with_energy(verified(), 2e6), gpu(50e6)))


def test_what_is_not_verified_not_measured_or_not_readable_is_counted() -> None:
    words = told(result(verified(), tampered(gpu(50e6)), unmeasured("failed", "no answer", "opencl:1")))
    assert "1 measurement verified" in words
    assert "1 measurement not verified: shown apart and not ranked." in words
    assert "1 device without a figure" in words


def test_a_ranking_of_other_work_has_its_own_words_and_no_place_in_the_network() -> None:
    words = told(result(streaming()))
    assert "reaches 20.00 GB/s" in words
    assert "measured, checked by the machine itself, triad)" in words
    assert "1 measurement not proven: the work, too, is the machine's own word." in words
    assert "Bitcoin" not in words


def test_a_share_above_the_roof_is_told_as_the_table_tells_it() -> None:
    words = told(suite(), result(verified(run=9, name="Other CPU", roof_hs=24.5e6), run=9))
    assert "to about 100 % (sha256d on Other CPU)" in words
