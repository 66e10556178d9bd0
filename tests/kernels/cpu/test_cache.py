"""Compiled kernels are kept, and never served when anything they depend on has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import copytree

import pytest

from hashwatt.kernels.cpu import jit, kept_code, race
from hashwatt.kernels.cpu.cores.features import host_attributes
from hashwatt.kernels.cpu.finals import BURST_S, MOST_TURNS
from hashwatt.kernels.cpu.variants import Variant, variant, variants
from hashwatt.kernels.device import Candidate
from hashwatt.kernels.errors import DeviceError, InputError, WrongResult

from .quick import QUICK, QUICK_GRAPH

OTHER = replace(QUICK, name="other-x2")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def folder(*parts: str) -> Path:
        path = tmp_path.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        return path

    monkeypatch.setattr(kept_code, "cache_folder", folder)
    return tmp_path


def test_the_second_time_a_kernel_comes_from_the_cache() -> None:
    first = jit.compile_variant(QUICK)
    second = jit.compile_variant(QUICK)
    assert (first.from_cache, second.from_cache) == (False, True)


def test_an_edited_generator_is_another_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jit.generator_hash.cache_clear()
    before = jit.generator_hash()
    edited = tmp_path / "sources"
    for folder in jit.GENERATOR:
        copytree(Path(jit.__file__).parent.parent / folder, edited / folder)
    monkeypatch.setattr(jit, "__file__", str(edited / "cpu" / "jit.py"))
    jit.generator_hash.cache_clear()
    assert jit.generator_hash() == before

    def append(changed: str) -> None:
        (edited / changed).parent.mkdir(exist_ok=True)
        with (edited / changed).open("a") as source_file:
            source_file.write("# edited\n")

    edits: list[Callable[[], object]] = [
        *(partial(append, f"{folder}/__init__.py") for folder in jit.GENERATOR),
        *(partial(append, path) for path in ("cpu/assembly/registers.py", "machines/models.csv")),
        lambda: (edited / "graph" / "halves.py").rename(edited / "graph" / "halved.py"),
        # In a folder of its own.
        partial(append, "sha256/another/new.py"),
        # As where somebody ships modules without their sources.
        partial(append, "cpu/only_compiled.pyc"),
        lambda: (edited / "cpu" / "native.py").unlink(),
    ]
    for edit in edits:
        edit()
        jit.generator_hash.cache_clear()
        after = jit.generator_hash()
        assert after != before
        before = after
    # What Python makes of sources, and when they were copied, decides nothing.
    append("cpu/__pycache__/native.cpython-399.pyc")
    os.utime(edited / "cpu" / "jit.py", (1e9, 1e9))
    jit.generator_hash.cache_clear()
    assert jit.generator_hash() == before
    jit.generator_hash.cache_clear()


# Emits parts of kernels, and names the modules that this took: all that emit are imported with the list of kernels.
EMIT = f"""
import sys
from hashwatt.kernels.cpu import object_code
from hashwatt.kernels.cpu.variants import CLOCK, MIX, SCAN, variant
for kernel in map(variant, {[QUICK.name, QUICK_GRAPH.name]}):
    for part in (SCAN, CLOCK, MIX):
        kernel.emit(part, "symbol")
    if kernel.emit_early:
        kernel.emit_early("symbol")
print(*(name for name in sys.modules if name.startswith("hashwatt.")))
"""


def test_whatever_module_decides_what_a_kernel_becomes_is_in_the_hash() -> None:
    told = subprocess.run([sys.executable, "-c", EMIT], capture_output=True, text=True, check=True).stdout.split()
    folders = {".".join(name.split(".")[:3]) for name in told if name.startswith("hashwatt.kernels.")}
    hashed = {f"hashwatt.kernels.{folder}" for folder in jit.GENERATOR}
    # What `system` tells of the CPU is in the hash itself (see the next tests); `device` has types alone.
    assert folders - hashed <= {"hashwatt.kernels.errors", "hashwatt.kernels.system", "hashwatt.kernels.device"}
    assert hashed <= folders


def test_without_a_writable_cache_kernels_are_compiled_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_code, "cache_folder", lambda *parts: None)
    assert not jit.compile_variant(QUICK).from_cache
    assert not jit.compile_variant(QUICK).from_cache


def test_the_race_ranks_what_ran_and_gives_a_reason_for_what_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = "aarch64" if host_attributes() and QUICK.missing() is None and not _on_arm() else "x86_64"
    foreign = next(each for each in variants(rolled=False) if each.architecture == elsewhere)
    candidates = race.race([foreign, QUICK])
    assert [candidate.name for candidate in candidates] == [QUICK.name, foreign.name]
    assert candidates[0].hashrate_hs is not None
    assert candidates[1].reason == f"it is for {elsewhere} CPUs"


def test_the_race_is_run_once_and_remembered_until_it_is_to_be_run_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[list[Variant]] = []
    real_race = race.race

    def counted(entrants: list[Variant]) -> object:
        runs.append(list(entrants))
        return real_race(runs[-1])

    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK])
    monkeypatch.setattr(race, "race", counted)
    first = race.choose(rolled=False)[1]
    assert race.choose(rolled=False)[1] == first
    assert len(runs) == 1
    race.choose(rolled=False, anew=True)
    assert len(runs) == 2


@pytest.mark.parametrize(("rates", "loads"), [([9e6], 1), ([4e6, 9e6], 2), ([4e6, 5e6, 4.5e6, 3e6], 4)])
def test_a_winner_that_is_slower_than_it_was_is_loaded_again_and_the_best_is_kept(
    monkeypatch: pytest.MonkeyPatch, rates: list[float], loads: int
) -> None:
    placed: list[jit.Compiled] = []

    def best_rates(compiled: list[jit.Compiled]) -> list[float]:
        placed.extend(compiled)
        return [rates[len(placed) - 1]]

    monkeypatch.setattr(race, "_best_rates", best_rates)
    kept = race._well_placed(QUICK, hashrate_hs=1e7)
    assert len(placed) == loads
    assert kept is placed[rates.index(max(rates))]


def test_every_entrant_is_raced_at_two_places_and_the_better_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = iter([[2e6], [5e6]])
    monkeypatch.setattr(race, "_best_rates", lambda compiled: next(turns))
    (candidate,) = race.race([QUICK])
    assert candidate.hashrate_hs == 5e6


def test_a_kernel_that_cannot_be_loaded_again_is_refused_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    real, loads = jit.compile_variant, Counter[str]()

    def once(variant: Variant) -> jit.Compiled:
        loads[variant.name] += 1
        if (variant.name, loads[variant.name]) == (OTHER.name, 2):
            raise DeviceError("LLVM does not load a kernel (no memory is left)")
        return real(variant)

    monkeypatch.setattr(race, "compile_variant", once)
    first, second = race.race([OTHER, QUICK])
    assert (first.name, bool(first.hashrate_hs)) == (QUICK.name, True)
    assert second == Candidate(OTHER.name, None, None, "LLVM does not load a kernel (no memory is left)")


def test_a_winner_that_cannot_be_loaded_after_the_race_leaves_it_to_the_next(
    monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK, OTHER])
    monkeypatch.setattr(
        race, "race", lambda entrants: (Candidate(OTHER.name, 9e6, 0.1), Candidate(QUICK.name, 1e6, 0.1))
    )
    real = race._well_placed

    def placed(variant: Variant, hashrate_hs: float | None) -> jit.Compiled:
        if variant is OTHER:
            raise DeviceError("LLVM does not load a kernel (no memory is left)")
        return real(variant, hashrate_hs)

    monkeypatch.setattr(race, "_well_placed", placed)
    compiled, candidates = race.choose(rolled=False)
    assert compiled.variant is QUICK
    refused = Candidate(OTHER.name, None, None, "LLVM does not load a kernel (no memory is left)")
    assert candidates == (Candidate(QUICK.name, 1e6, 0.1), refused)
    (memory,) = own_cache.rglob("race-plain.json")
    assert json.loads(memory.read_bytes())[0]["name"] == QUICK.name


@pytest.mark.parametrize(
    ("shares", "ranked"),
    [
        ([1.0, 0.98], [("quick-x1", 5.1e6), ("quick-x2", 0.98 * 5.1e6), ("quick-x3", 4.2e6)]),
        ([0.99, 1.0], [("quick-x2", 5.1e6), ("quick-x1", 0.99 * 5.1e6), ("quick-x3", 4.2e6)]),
        # What looked close was a lucky moment.
        ([1.0, 0.5], [("quick-x1", 5.1e6), ("quick-x3", 4.2e6), ("quick-x2", 0.5 * 5.1e6)]),
    ],
)
def test_those_that_are_close_run_in_the_finals_where_they_were_faster(
    shares: list[float], ranked: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [replace(QUICK, name=f"quick-x{number}") for number in (1, 2, 3)]
    turns = iter([[5e6, 4.9e6, 4e6], [4e6, 5.1e6, 4.2e6]])
    raced: list[list[jit.Compiled]] = []

    def best_rates(compiled: list[jit.Compiled]) -> list[float]:
        raced.append(list(compiled))
        return next(turns)

    finalists: list[jit.Compiled] = []
    monkeypatch.setattr(race, "_burst_of", lambda rate_hs, compiled: finalists.append(compiled))
    monkeypatch.setattr(race, "_best_rates", best_rates)
    monkeypatch.setattr(race, "shares_of_fastest", lambda bursts, most_turns: shares)
    candidates = race.race(entrants)
    assert [(each.name, each.hashrate_hs) for each in candidates] == ranked
    first, second = raced
    assert [each.run for each in finalists] == [first[0].run, second[1].run]


@pytest.mark.parametrize(
    ("rate_hs", "entrants", "turns"),
    [
        (4e7, 2, MOST_TURNS),
        # More than there is time for.
        (4e7, 10, round(race.FINALS_S / 10 / BURST_S)),
        # A batch takes 0.1 s, as under an emulator.
        (10 * 64 * QUICK.lanes, 3, race.FEWEST_TURNS),
    ],
)
def test_the_finals_end_in_time_however_many_and_however_slow(rate_hs: float, entrants: int, turns: int) -> None:
    rolled = replace(jit.compile_variant(QUICK), variant=replace(QUICK, rolled=True))
    assert race._turns([(rate_hs, rolled)] * entrants) == pytest.approx(turns, abs=1)


def test_what_another_kernel_does_better_is_raced_only_where_that_one_cannot_run() -> None:
    outdone = replace(QUICK, name="outdone-x1", outdone_by=QUICK.name)
    _, candidate = race.race([outdone, QUICK])
    assert (candidate.name, candidate.hashrate_hs) == ("outdone-x1", None)
    assert candidate.reason == f"{QUICK.name} does the same with better instructions"
    (alone,) = race.race([replace(QUICK, outdone_by="absent-x16")])
    assert alone.hashrate_hs


def test_a_disk_that_takes_no_more_costs_the_memory_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes, *, sync: bool = True) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK])
    monkeypatch.setattr(race, "write_atomically", full)
    monkeypatch.setattr(kept_code, "write_atomically", full)
    assert race.choose(rolled=False)[1][0].hashrate_hs


def test_a_damaged_memory_of_the_race_is_raced_again(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK])
    race.choose(rolled=False)
    (memory,) = own_cache.rglob("race-plain.json")
    memory.write_bytes(f'[{{"name": "{QUICK.name}", "hashrate_hs": "fast"}}]'.encode())
    assert race.choose(rolled=False)[1][0].hashrate_hs


# What a race among QUICK and a kernel of another CPU leaves, and how a file may differ from that.
RATE = 5e6
RAN = {"name": QUICK.name, "hashrate_hs": RATE, "compile_s": 0.1, "reason": None}
FOREIGN = {"name": "foreign-x1", "hashrate_hs": None, "compile_s": None, "reason": "it is for z80 CPUs"}
ODD_RACES = {
    "none ran": [{**RAN, "hashrate_hs": None}, FOREIGN],
    "a kernel of another CPU won": [{**FOREIGN, "hashrate_hs": 9e9}, RAN],
    "a kernel of another CPU ran": [RAN, {**FOREIGN, "hashrate_hs": 1e6}],
    "the winner is not first": [FOREIGN, RAN],
    "a kernel stands there twice": [RAN, RAN, FOREIGN],
    "it was slower than nothing": [{**RAN, "hashrate_hs": -RATE}, FOREIGN],
    "it took no time": [{**RAN, "hashrate_hs": 0.0}, FOREIGN],
    "no race": [],
}


@pytest.mark.parametrize("odd", ODD_RACES.values(), ids=ODD_RACES)
def test_a_memory_that_no_race_leaves_is_raced_again(
    odd: list[object], monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    """Else LLVM ends the process where a kernel needs what this CPU lacks, and no run gets past a race without any."""
    foreign = replace(QUICK, name="foreign-x1", architecture="z80")
    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK, foreign])
    monkeypatch.setattr(race, "_best_rates", lambda compiled: [RATE] * len(compiled))
    race.choose(rolled=False)
    (memory,) = own_cache.rglob("race-plain.json")
    memory.write_bytes(json.dumps(odd).encode())
    candidates = race.choose(rolled=False)[1]
    assert [(each.name, each.hashrate_hs) for each in candidates] == [(QUICK.name, RATE), (foreign.name, None)]
    assert json.loads(memory.read_bytes())[0]["hashrate_hs"] == RATE


def test_a_race_that_nothing_ran_in_is_not_remembered(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    # One that is not tried does not hide why the other failed.
    foreign = replace(QUICK, name="foreign-x1", architecture="z80")
    monkeypatch.setattr(race, "variants", lambda rolled: [foreign, QUICK])
    with monkeypatch.context() as wrong:
        wrong.setattr(race, "reference_scan", lambda job, nonces: ([], 0x12345678))
        with pytest.raises(DeviceError, match=r"no CPU kernel runs here: .*disagrees with hashlib$"):
            race.choose(rolled=False)
    assert race.choose(rolled=False)[1][0].hashrate_hs


def test_a_remembered_winner_that_is_wrong_now_is_found_out_in_another_race(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "variants", lambda rolled: [QUICK, OTHER])
    monkeypatch.setattr(race, "_best_rates", lambda compiled: [9e6, 5e6][: len(compiled)])
    assert race.choose(rolled=False)[0].variant is QUICK
    real = race._checked

    def wrong(compiled: jit.Compiled) -> jit.Compiled:
        if compiled.variant is QUICK:
            raise WrongResult("it disagrees with hashlib")
        return real(compiled)

    monkeypatch.setattr(race, "_checked", wrong)
    assert race.choose(rolled=False)[0].variant is OTHER


def test_a_kernel_that_llvm_refuses_leaves_the_race_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = jit.compile_variant

    def refused(variant: Variant) -> jit.Compiled:
        if variant is QUICK:
            raise DeviceError("LLVM does not compile a kernel (unknown instruction)")
        return real(variant)

    monkeypatch.setattr(race, "compile_variant", refused)
    assert [(each.name, bool(each.hashrate_hs)) for each in race.race([QUICK, OTHER])] == [
        (OTHER.name, True),
        (QUICK.name, False),
    ]


def test_a_kernel_that_lies_is_not_raced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "reference_scan", lambda job, nonces: ([], 0x12345678))
    (candidate,) = race.race([QUICK])
    assert candidate.hashrate_hs is None
    assert "disagrees with hashlib" in (candidate.reason or "")


def test_an_unknown_kernel_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="there is no CPU kernel 'warp'; `hashwatt devices --kernels` lists them"):
        race.choose(rolled=False, wanted="warp")
    with pytest.raises(InputError) as refused:
        race.choose(rolled=False, wanted="warp\n" * 1000)
    assert len(str(refused.value)) <= 120


def test_a_kernel_for_another_cpu_is_answered_with_those_that_run() -> None:
    foreign = next(each for each in variants(rolled=False) if each.missing())
    with pytest.raises(InputError, match=rf"^no {foreign.name} here: it is for .*; see `hashwatt devices --kernels`$"):
        race.choose(rolled=False, wanted=foreign.name)


def test_no_kernel_is_refused_in_more_than_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU that has nothing of what they need, and where each of them is wrong."""
    every = [*variants(False), *variants(True)]
    monkeypatch.setattr("hashwatt.kernels.cpu.variants.host_features", frozenset)
    for each in every:
        if each.missing():
            with pytest.raises(InputError) as refused:
                race.choose(each.rolled, each.name)
            assert len(str(refused.value)) <= 120
    monkeypatch.setattr(race, "reference_scan", lambda job, nonces: ([], 0x12345678))
    for each in every:
        wrong = replace(jit.compile_variant(QUICK), variant=replace(QUICK, name=each.name))
        with pytest.raises(WrongResult) as lied:
            race._checked(wrong)
        assert len(str(lied.value)) <= 120


def _on_arm() -> bool:
    return variant("neon-x4").missing() is None


@pytest.mark.elsewhere
def test_a_kept_kernels_path_fits_into_what_windows_allows(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = max((*variants(False), *variants(True)), key=lambda each: len(each.name))
    part = max(longest.operations()[0], key=len)
    symbol = jit.symbol_of(longest, part)
    kept_code.keep(jit.generator_hash(), symbol, b"code")
    files = [path.relative_to(own_cache) for path in own_cache.rglob("*.object")]
    assert files
    # C:\\Users\\NAME\\AppData\\Local\\hashwatt\\Cache with a name of 20 letters; what is half written has a
    # shorter name; the limit is 260.
    home = len(r"C:\Users\\AppData\Local\hashwatt\Cache\ ") + 20
    assert max(home + len(str(path)) for path in files) < 220
