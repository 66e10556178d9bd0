"""Predicted hashrates against published ones, and what a unit's pipes make of counted instructions."""

from __future__ import annotations

import csv
from itertools import chain
from pathlib import Path

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.machines.gpus import GpuUnit, PipeRate, gpu_units
from hashwatt.kernels.opencl.codegen.costs import NVIDIA, cost_of_hash, cost_of_hashcat, rules_of
from hashwatt.kernels.opencl.predict import HIGH, LOW, find_gpu, known_gpus, predict, predict_both_pipes

PUBLISHED = Path(__file__).parent / "data" / "hashcat.csv"
# Cards whose power limit is far below that of others with the same chip do not hold their boost clock; Pascal's run at
# 10 to 20 % above it; where one source has two cards of a name, their clocks differ.
FAR_FROM_THEIR_CLOCK = 0.15


def errors() -> dict[tuple[str, str, str], float]:
    """Predicted ÷ published − 1, by architecture, mode and source."""
    with PUBLISHED.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    found = {}
    for row in rows:
        gpu = find_gpu(row["name"])
        modelled_hs = gpu.rate_per_s(cost_of_hashcat(int(row["mode"]), gpu.rules))
        found[gpu.architecture, row["mode"], row["source"] + row["name"]] = (
            modelled_hs / 1e6 / float(row["hashrate_mhs"]) - 1
        )
    return found


def test_most_published_results_are_predicted_within_15_percent() -> None:
    within = [error for error in errors().values() if abs(error) <= FAR_FROM_THEIR_CLOCK]
    assert len(within) >= 0.8 * len(errors()) > 60


def test_cards_of_data_centres_that_hold_their_clock_are_predicted_within_two_percent_in_the_nearest_mode() -> None:
    """The V100, the A100 and the H100 at their makers' boost clock: two hashes, as ours."""
    held = {
        key: error for key, error in errors().items() if key[0] in ("sm_70", "sm_80", "sm_90") and key[1] == "21400"
    }
    assert len(held) == 3
    assert all(abs(error) < 0.02 for error in held.values()), held


def test_every_published_result_lies_in_the_range_that_predictions_state() -> None:
    assert all(LOW <= 1 / (1 + error) <= HIGH for error in errors().values())


def test_every_architecture_that_has_published_results_is_among_them() -> None:
    held = {architecture for architecture, _, _ in errors()}
    assert held >= {"sm_61", "sm_70", "sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"}
    assert held >= {"gfx900", "gfx906", "gfx1010", "gfx1030", "gfx1100"}


def unit(**rates: tuple[str, float]) -> GpuUnit:
    return GpuUnit("test", {kind: (PipeRate(pipe, rate, rate, rate, ""),) for kind, (pipe, rate) in rates.items()})


def test_pipes_work_beside_each_other_and_the_busiest_binds() -> None:
    pair = unit(shift=("logic", 64), logic=("logic", 64), multiply=("multiplier", 32), issue=("issue", 128))
    clocks = pair.clocks({"shift": 64, "logic": 64, "multiply": 32})
    assert (clocks.clocks, clocks.binds) == (2.0, "logic")
    clocks = pair.clocks({"shift": 64, "multiply": 96})
    assert (clocks.clocks, clocks.binds) == (3.0, "multiplier")


def test_an_instruction_may_keep_two_pipes_busy() -> None:
    both = (PipeRate("logic", 64, 64, 64, ""), PipeRate("multiplier", 32, 32, 32, ""))
    card = GpuUnit("test", {"shift": (PipeRate("logic", 64, 64, 64, ""),), "multiply_high": both})
    assert card.clocks({"multiply_high": 64}).clocks == 2.0
    # As an H200 was measured: two rotations and a high word take six clocks of a scheduler's sixteen lanes.
    assert card.clocks({"shift": 128, "multiply_high": 64}).clocks == 3.0


def test_what_starts_a_clock_on_all_pipes_may_bind() -> None:
    pair = unit(logic=("logic", 64), multiply=("multiplier", 64), issue=("issue", 64))
    clocks = pair.clocks({"logic": 64, "multiply": 64})
    assert (clocks.clocks, clocks.binds) == (2.0, "issue")


def test_what_runs_on_any_pipe_fills_what_the_busiest_leaves() -> None:
    pair = unit(logic=("logic", 64), multiply=("multiplier", 64), add2=("any", 64))
    assert pair.clocks({"logic": 192, "multiply": 64, "add2": 64}).clocks == 3.0
    assert pair.clocks({"logic": 192, "multiply": 64, "add2": 256}).clocks == 4.0


def test_a_kind_of_which_nothing_is_known_is_no_guess() -> None:
    with pytest.raises(KeyError):
        unit(logic=("logic", 64)).clocks({"logic": 64, "multiply": 1})
    assert unit(logic=("logic", 64)).clocks({"logic": 64, "multiply": 0}).clocks == 1.0


def test_every_rate_has_a_source_and_lies_between_its_bounds() -> None:
    for architecture, of_unit in gpu_units().items():
        assert rules_of(architecture)
        for rate in chain.from_iterable(of_unit.rates.values()):
            assert rate.source
            assert 0 < rate.low <= rate.per_clock <= rate.high


def test_a_row_that_cites_another_row_cites_one_that_is_there() -> None:
    for of_unit in gpu_units().values():
        for rate in chain.from_iterable(of_unit.rates.values()):
            if rate.source.startswith("as "):
                architecture, kind = rate.source[3:].replace(":", " ").replace(";", " ").split()[:2]
                assert kind in gpu_units()[architecture].rates, rate.source


def test_both_pipes_are_predicted_where_there_is_a_multiplier_and_beat_one() -> None:
    for gpu in known_gpus():
        both = predict_both_pipes(gpu.name)
        if gpu.architecture.startswith(("gfx", "sm_6")):
            assert both is None
            continue
        assert both is not None
        one = predict(gpu.name)
        assert both.kernel != one.kernel
        assert one.hashrate_hs < both.hashrate_hs < 1.51 * one.hashrate_hs, "the bound of such swaps"
        assert both.low_hs < both.hashrate_hs < both.high_hs
        # What the high word of a product keeps busy is measured on Hopper alone: elsewhere the range is wider.
        shifted = predict(gpu.name, "rot15")
        wider = shifted.high_hs / shifted.low_hs > 1.01 * one.high_hs / one.low_hs
        assert wider == (gpu.architecture != "sm_90"), gpu.name
        assert shifted.hashrate_hs <= 1.001 * both.hashrate_hs


def test_a_gpu_with_one_pipe_is_not_predicted_for_two() -> None:
    with pytest.raises(InputError, match="Radeon RX 6800 has no multiplier beside its logic"):
        predict("rx 6800", "pair")


def test_moving_operations_takes_them_from_the_logic() -> None:
    plain, rot15 = cost_of_hash(NVIDIA), cost_of_hash(NVIDIA, "rot15")
    assert rot15.shift < plain.shift
    assert rot15.add < plain.add
    assert rot15.logic == plain.logic
    # Each rotation that is moved costs two multiplications, each shift one.
    moved = plain.shift - rot15.shift
    assert rot15.multiply_high == moved
    assert rot15.total > plain.total


def test_a_name_is_found_however_it_is_spelt() -> None:
    assert find_gpu("rtx4090") is find_gpu("GeForce RTX 4090") is find_gpu("RTX-4090")
    assert find_gpu("rtx 3080").name == "GeForce RTX 3080"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NVIDIA GeForce RTX 4090", "GeForce RTX 4090"),
        ("nvidia geforce rtx 4070 ti super", "GeForce RTX 4070 Ti SUPER"),
        ("RTX 4070Ti", "GeForce RTX 4070 Ti"),
        ("4070 ti", "GeForce RTX 4070 Ti"),
        ("AMD Radeon RX 6800 XT", "Radeon RX 6800 XT"),
        ("AMD Radeon(TM) RX 6800", "Radeon RX 6800"),
        ("NVIDIA A100 PCIe", "A100 PCIe"),
        ("GeForce RTX™ 3090 Graphics Card", "GeForce RTX 3090"),
        ("mi300x", "Instinct MI300X"),
        ("AMD Instinct MI300X", "Instinct MI300X"),
        ("NVIDIA B200", "B200"),
        ("Tesla V100-SXM2", "Tesla V100 SXM2"),
        ("Tesla V100-SXM2-16GB", "Tesla V100 SXM2"),
        ("NVIDIA A100 80GB PCIe", "A100 PCIe"),
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H200", "H200 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200 NVL", "H200 NVL"),
        ("NVIDIA GH200 480GB", "GH200"),
    ],
)
def test_marketing_names_are_found(name: str, found: str) -> None:
    assert find_gpu(name).name == found


def test_a_name_of_which_there_are_several_is_answered_with_them() -> None:
    with pytest.raises(InputError, match="'h100' is 3 GPUs; give one: H100 PCIe, H100 SXM, H100 NVL"):
        find_gpu("h100")


def test_every_gpu_is_found_by_its_own_and_by_its_maker_s_name() -> None:
    for gpu in known_gpus():
        for maker in ("", "NVIDIA ", "AMD "):
            assert find_gpu(f"{maker}{gpu.name}") is gpu


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 D", "RTX 4090D", "RTX 2080 Super Max-Q",
        "GeForce RTX 3080 12GB", "Radeon RX 6800M", "Radeon RX 6800S", "NVIDIA RTX 4090 Ti", "GTX 4090",
        "Quadro RTX 4070", "GeForce RTX 4090 x2",
    ],
)  # fmt: skip
def test_variants_for_laptops_and_other_markets_stay_apart(name: str) -> None:
    with pytest.raises(InputError, match="no GPU of known units and clocks"):
        find_gpu(name)


@pytest.mark.parametrize("name", ["", "rtx 9999", "80", "x" * 10_000, "GeForce", "\x1b[2J", "٤٠٩٠"])
def test_an_unknown_name_is_answered_in_a_short_sentence(name: str) -> None:
    with pytest.raises(InputError, match="`hashwatt predict` lists those") as error:
        find_gpu(name)
    assert len(str(error.value)) <= 120


def test_a_similar_name_is_answered_with_what_is_known() -> None:
    with pytest.raises(InputError, match="as GeForce RTX 4090 is"):
        find_gpu("RTX 4090 Laptop")


def test_every_row_has_a_source_and_gives_a_modelled_hashrate() -> None:
    for gpu in known_gpus():
        assert gpu.source
        prediction = predict(gpu.name)
        assert prediction.origin == "modelled"
        assert prediction.low_hs < prediction.hashrate_hs < prediction.high_hs
        assert prediction.gpu.architecture in gpu_units()
