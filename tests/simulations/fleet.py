"""A thousand simulated machines, some of them slow: does the report find those and no others, and how quickly?

`python -m tests.simulations.fleet little` tries small faults, most of them on quiet machines;
`python -m tests.simulations.fleet [MACHINES] [SHARES]` makes a fleet's result file, whose proofs verify, and reports on
it as `hashwatt report FILE -o page.html` does, in a process of its own. The course of every rate is a stretch of a real
recording (recorded.json) at a rate that equal machines have but for a scatter; time is simulated, the hashes are real.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.random import Generator

from hashwatt.bench.rates import rate_of_rounds
from hashwatt.bench.result.energy import Telemetry, ThrottleReason
from hashwatt.bench.result.file import save
from hashwatt.bench.result.fleet import FleetRecord, Member
from hashwatt.bench.result.machine import Machine
from hashwatt.bench.result.measurement import Measurement, Round, Sample
from hashwatt.bench.result.model import Result
from hashwatt.kernels.headers.many import digests_of, headers_of, meet
from hashwatt.kernels.workloads.evidence import Shares, Span
from hashwatt.kernels.workloads.proof.headers import Headers, target_to_hex
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words
from tests.reports.factory import result as result_of
from tests.reports.factory import run_id_of, streaming, verified

from .courses import STEPS, Shape, quiet, recorded_by_cpu

# Every other hash is a share: 10,000 of them, which is what a real run keeps, cost 20,000 hashes.
TARGET = (1 << 255) - 1
SHARES = 10_000
MACHINES = 1_000
# How equal machines scatter: chips, cooling, memory.
SCATTER = 0.01
PLANTED_SHARE = 0.03
# What faults leave of the rate: of restless machines smaller ones stay unknown; among quiet ones they can.
LEFT = (0.6, 0.85)
LITTLE_OFF = (0.90, 0.92)
RESTLESS_AMONG_QUIET = 0.2
# As few as prove anything, where only rates matter.
FEW_SHARES = 300
ROUNDS, SAMPLES = 5, 4
GIB = 1 << 30
# Model, logical CPUs, hash rate, bytes a second, clock, and which share of the machines are of it.
MODELS = (
    ("AMD EPYC 7601", 64, 650e6, 140e9, 2.7e9, 0.60),
    ("Intel Xeon Gold 6148", 40, 310e6, 105e9, 2.4e9, 0.25),
    ("AMD Ryzen 9 5950X", 32, 700e6, 38e9, 4.0e9, 0.10),
    ("Intel Core i5-8500", 6, 60e6, 30e9, 3.9e9, 0.05),
)
FAULTS = ("clock", "throttled", "driver", "load", "cores", "memory")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a machine, and what is left of its rate."""

    kind: str
    left: float


@dataclass
class Simulated:
    """A fleet's result, what was planted in it by machine, and which machines are restless."""

    result: Result
    planted: dict[str, Fault] = field(default_factory=dict)
    restless: set[str] = field(default_factory=set)


def simulated_fleet(
    machines: int = MACHINES,
    shares: int = SHARES,
    seed: int = 1,
    restless: float = 1.0,
    left: tuple[float, float] = LEFT,
) -> Simulated:
    """So many machines of four models, a few of each planted slow, with so much `left` of their rates.

    `restless`: the share of machines whose rates take the recorded course; the others have nobody about.
    """
    random = np.random.default_rng(seed)
    run_id = run_id_of(seed)
    made: list[tuple[Machine, list[Measurement]]] = []
    planted: dict[str, Fault] = {}
    unquiet: set[str] = set()
    for number in range(machines):
        model = MODELS[int(np.searchsorted(np.cumsum([one[-1] for one in MODELS]), (number + 0.5) / machines))]
        course = recorded_by_cpu if restless >= 1 or random.random() < restless else quiet
        fault = _fault(random, left) if random.random() < PLANTED_SHARE else None
        machine = _machine(number, model, fault)
        if fault is not None:
            planted[machine.id] = fault
        if course is recorded_by_cpu:
            unquiet.add(machine.id)
        chip = float(np.exp(random.normal(0, SCATTER)))
        made.append((machine, [
            _hashing(machine, model, fault, chip, random, course, run_id, shares),
            _moving(machine, model, fault, float(np.exp(random.normal(0, SCATTER))), random, course),
        ]))  # fmt: skip
    members = tuple(_member(number, machine) for number, (machine, _) in enumerate(made))
    result = replace(
        result_of(*(entry for _, entries in made for entry in entries), run=seed),
        machines=tuple(machine for machine, _ in made),
        warnings=(),
        fleet=FleetRecord(trial=False, together=False, spread_s=None, members=members, lost=()),
    )
    return Simulated(result, planted, unquiet)


def _fault(random: Generator, left: tuple[float, float]) -> Fault:
    return Fault(str(random.choice(FAULTS)), float(random.uniform(*left)))


def _machine(number: int, model: tuple[Any, ...], fault: Fault | None) -> Machine:
    name, cpus = model[0], model[1]
    plain = result_of().machines[0]
    kind = "" if fault is None else fault.kind
    return replace(
        plain,
        id=sha256(f"simulated {number}".encode()).hexdigest()[:16],
        cpu_model=name,
        physical_cores=cpus // 2,
        logical_cpus=cpus,
        usable_cpus=float(cpus) if kind != "cores" else float(max(1, round(cpus * fault.left))) if fault else None,
        memory_bytes=(32 if kind == "memory" else 64) * GIB,
    )


def _member(number: int, machine: Machine) -> Member:
    return Member(
        machine=machine.id,
        name=f"node{number:04}",
        workers=1,
        created="2025-05-12T10:15:00Z",
        clock_ahead_s=0.001,
        started_s=None,
        libraries={},
        warnings=(),
    )


def _hashing(
    machine: Machine,
    model: tuple[Any, ...],
    fault: Fault | None,
    chip: float,
    random: Generator,
    course: Shape,
    run_id: str,
    shares: int,
) -> Measurement:
    """The machine's processor at hashes, with a proof that verifies."""
    kind, left = ("", 1.0) if fault is None or fault.kind == "memory" else (fault.kind, fault.left)
    size = 2 * shares // (ROUNDS * SAMPLES)
    clock_hz = model[4] * (left if kind in ("clock", "throttled") else 1.0)
    rounds = _rounds(random, course, size, model[2] * chip * left, clock_hz, 92.0 if kind == "clock" else 65.0)
    if kind == "load" and fault is not None:
        rounds = tuple(_beside(one, machine, fault) for one in rounds)
    plain = verified("cpu")
    told = _throttling() if kind == "throttled" else ()
    entry = _with_rounds(plain, machine, rounds)
    return replace(
        entry,
        device=replace(plain.device, name=model[0], driver="numba 0.60" if kind == "driver" else "numba 0.62"),
        telemetry=told,
        evidence=proof_of(machine.id, run_id, ROUNDS * SAMPLES, size),
    )


def _moving(
    machine: Machine, model: tuple[Any, ...], fault: Fault | None, chip: float, random: Generator, course: Shape
) -> Measurement:
    """Its memory; only an empty channel makes that slow."""
    left = fault.left if fault is not None and fault.kind == "memory" else 1.0
    plain = streaming("cpu")
    rounds = _rounds(random, course, 1 << 32, model[3] * chip * left, model[4], 60.0)
    return replace(_with_rounds(plain, machine, rounds), device=replace(plain.device, name=model[0]), roof=None)


def _rounds(
    random: Generator, shape: Shape, amount: int, rate: float, clock_hz: float, heat_c: float
) -> tuple[Round, ...]:
    course = shape(random).rates
    moments = random.integers(0, STEPS, ROUNDS)
    return tuple(
        Round(
            start_s=float(2 * number),
            warmup_s=0.3,
            counted=True,
            left_out=None,
            samples=tuple(
                Sample(
                    amount=amount,
                    seconds=amount / (rate * float(course[(moment + index) % STEPS])),
                    device_s=None,
                    cpu_s=None,
                    clock_hz=clock_hz * float(np.exp(random.normal(0, 0.003))),
                    temperature_c=heat_c,
                    other_load=0.0,
                    stolen_load=0.0,
                )
                for index in range(SAMPLES)
            ),
        )
        for number, moment in enumerate(moments)
    )


def _beside(one: Round, machine: Machine, fault: Fault) -> Round:
    """The round, beside programs that took what is missing, all the time."""
    taken = (1 - fault.left) * (machine.logical_cpus or 1)
    return replace(one, samples=tuple(replace(sample, other_load=taken) for sample in one.samples))


def _with_rounds(plain: Measurement, machine: Machine, rounds: tuple[Round, ...]) -> Measurement:
    samples = [sample for one in rounds for sample in one.samples]
    return replace(
        plain,
        machine=machine.id,
        settings=None,
        rounds=rounds,
        amount=sum(sample.amount for sample in samples),
        seconds=float(np.sum([sample.seconds for sample in samples])),
        rate=rate_of_rounds([one.samples for one in rounds], plain.unit),
    )


def _throttling() -> tuple[Telemetry, ...]:
    return (
        Telemetry(
            source="nvml",
            readings=100,
            clock_hz=None,
            clock_low_hz=None,
            clock_high_hz=None,
            temperature_c=None,
            temperature_high_c=None,
            throttle=(ThrottleReason(reason="power cap", share=0.8),),
        ),
    )


def proof_of(machine: str, run_id: str, samples: int, size: int) -> Shares:
    """A true proof of so many equal samples."""
    headers = Headers("Ana", machine, "cpu", run_id, "sha256d", TARGET, 10_000, 1, size)
    nonces = np.arange(size * samples, dtype=np.uint64)
    prefix = np.frombuffer(headers.prefix(0), np.uint8)
    digests = digests_of(headers_of(np.tile(prefix, (len(nonces), 1)), np.zeros_like(nonces), nonces))
    hits = np.flatnonzero(meet(digests, TARGET)).tolist()
    return Shares(
        target_hex=target_to_hex(TARGET),
        wanted=10_000,
        prefixes=1,
        leaf_nonces=size,
        spans=(Span(start=0, nonces=size * samples),),
        checksums=pack_words(range(samples)),
        count=len(hits),
        shares=pack_ascending(hits),
    )


def named(result: Result) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    """The machines that a report names as slow, and the causes that it gives for each."""
    from hashwatt.reports.collect.gather import gather_results
    from hashwatt.reports.fleet.causes import likely_causes
    from hashwatt.reports.fleet.outliers import outliers

    found = outliers(gather_results([result]).groups)
    causes: dict[str, tuple[str, ...]] = {}
    for outlier in found:
        machine = outlier.group.key.machine_id
        causes[machine] = (*causes.get(machine, ()), *likely_causes(outlier))
    return {outlier.group.key.machine_id for outlier in found if outlier.is_slow}, causes


def little_off(seeds: range = range(1, 6), machines: int = MACHINES) -> None:
    """Machines that are 8 to 10 % slow, most of them among quiet ones: say how many are named, and how many in vain."""
    from hashwatt.reports.collect.gather import gather_results
    from hashwatt.reports.fleet.outliers import unsure

    for seed in seeds:
        made = simulated_fleet(machines, FEW_SHARES, seed, RESTLESS_AMONG_QUIET, LITTLE_OFF)
        slow, _ = named(made.result)
        planted, restless = made.planted.keys(), made.restless
        told = {group.key.machine_id for group in unsure(gather_results([made.result]).groups)}
        print(
            f"seed {seed}: quiet {len(planted - restless)} planted, {len(slow & planted - restless)} named; "
            f"restless {len(planted & restless)} planted, {len(slow & planted & restless)} named, "
            f"{len(told & planted & restless)} 'cannot tell'; by chance {len(slow - planted)} of "
            f"{machines - len(planted)} named, {len(told - planted)} 'cannot tell'",
            flush=True,
        )


def main() -> None:
    """Make a fleet, report on it, and say what was found."""
    if sys.argv[1:] == ["little"]:
        little_off()
        return
    machines, shares = (int(word) for word in (*sys.argv[1:3], *(str(MACHINES), str(SHARES))[len(sys.argv[1:3]) :]))
    begun_s = time.monotonic()
    made = simulated_fleet(machines, shares)
    with tempfile.TemporaryDirectory() as folder:
        path, page = Path(folder) / "fleet.json", Path(folder) / "page.html"
        save(made.result, path)
        size = path.stat().st_size
        print(f"{machines} machines, {len(made.result.results)} results, {size / 1e6:.1f} MB, made in "
              f"{time.monotonic() - begun_s:.0f} s")  # fmt: skip
        begun_s = time.monotonic()
        subprocess.run([sys.executable, "-m", "hashwatt", "report", str(path), "-o", str(page)], check=True)
        # Only POSIX has it, and whoever collects tests elsewhere must be able to import this.
        import resource

        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"report: {time.monotonic() - begun_s:.1f} s, CPU {used.ru_utime + used.ru_stime:.1f} s, "
              f"{used.ru_maxrss / 1024:.0f} MB at most; page {page.stat().st_size / 1e6:.2f} MB")  # fmt: skip
    slow, causes = named(made.result)
    found = slow & made.planted.keys()
    others = slow - made.planted.keys()
    print(f"planted {len(made.planted)}, found {len(found)}; named by chance {len(others)} of "
          f"{machines - len(made.planted)}")  # fmt: skip
    for machine in sorted(made.planted):
        fault = made.planted[machine]
        print(f"  {fault.kind:9} {fault.left:.2f}  {'; '.join(causes.get(machine, ('not named',)))}")


if __name__ == "__main__":
    main()
