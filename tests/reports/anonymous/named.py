"""Results that name people, hosts and places wherever a result can: each name is a word that nothing else has."""

from __future__ import annotations

from msgspec.structs import replace

from hashwatt.bench.result.energy import Telemetry
from hashwatt.bench.result.fleet import FleetRecord, Lost, Member
from hashwatt.bench.result.measurement import CandidateRecord
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord

from ..factory import joules, machine, on_machine, result, verified
from ..samples import unmeasured
from ..served import reported, served, served_result

# What begins so is found nowhere in what is published.
SIGN = "canary"
HOST, OTHER_HOST, LOST_HOST = "canaryhost", "canaryother", "canarylost"
USER, WORKER, PLUG = "canaryuser", "canaryworker", "canaryplug"
MAC, SERIAL, UUID = "ca:na:17:00:00:01", "canaryserial", "0f0e0d0c-1111-4222-8333-444455556666"
PRIVATE = "192.168.77.88"
NEVER = (SIGN, "ca:11:ab:00:00:01", UUID, PRIVATE, "fe80::77:88")

TEXT = (
    f"{HOST}: see /home/{USER}/My Files/log.txt, C:\\Users\\{USER} Two\\x or ~{USER}/y; {USER}@{HOST}.example.org, "
    f"http://{HOST}.local:80/{USER}, {PRIVATE}:3333, fe80::77:88, ca:11:ab:00:00:01, {UUID}, {OTHER_HOST}.local"
)


def one_machine(run: int = 40) -> Result:
    """A run of a CPU, whose every sentence repeats names, and of a device that failed."""
    warning = WarningRecord(code="driver_broken", text=TEXT)
    cpu = verified(run=run, roof_hs=27e6)
    assert cpu.kernel is not None
    assert cpu.roof is not None
    race = CandidateRecord(name="slow", rate_per_s=None, compile_s=None, reason=TEXT)
    meter = joules(
        2e6, cpu, meter=f"shelly://{PLUG}.local", name=f"Shelly at {PLUG}.local", scope="wall",
        attribution=f"{PLUG}.local counts {HOST}", bound_source=TEXT,
    )  # fmt: skip
    silent = joules(2e6, cpu, meter=None, gross_j=None, low_j=None, high_j=None, reason=TEXT, method=None, scope=None)
    cpu = replace(
        cpu,
        kernel=replace(cpu.kernel, candidates=(race,), tuning={"threads": 2, "source": f"/home/{USER}/kernel.c"}),
        roof=replace(cpu.roof, explanation=f"measured; /home/{USER}/notes"),
        energy=(meter, silent),
        telemetry=(
            Telemetry(
                source=f"/home/{USER}/sensor", readings=1, clock_hz=1e9, clock_low_hz=None, clock_high_hz=None,
                temperature_c=None, temperature_high_c=None, throttle=(),
            ),
        ),
        warnings=(warning,),
        device=replace(cpu.device, limits={"serial": SERIAL, "uuid": UUID, "logical_cpus": 2, f"{SIGN}key": 1}),
    )  # fmt: skip
    return result(
        cpu,
        unmeasured("failed", TEXT, "opencl:1"),
        run=run,
        note=f"{USER}'s {HOST}, {SIGN}note",
        warnings=(warning,),
        libraries={"numpy": f"2.1.0+{USER}", f"{SIGN} library": "1"},
        machines=(machine(kernel=f"Linux 6.8.0-45-{USER}", os=f"Linux of {USER}@{HOST}.example.org"),),
        hashwatt_version=f"0.1.0.dev3+{USER}",
    )


def fleet(run: int = 41) -> Result:
    """Two hosts that measured and one that was lost, each named."""
    ids, hosts = ("a" * 16, "b" * 16), (HOST, f"{OTHER_HOST}.example.org")
    slow = WarningRecord(code="date_unsure", text=f"the clock of {OTHER_HOST} is ahead")
    members = tuple(
        Member(
            machine=one, name=name, workers=1, created="2025-05-12T10:15:00Z", clock_ahead_s=0.0, started_s=None,
            libraries={"numpy": f"1.9+{USER}"}, warnings=(slow,),
        )
        for one, name in zip(ids, hosts, strict=True)
    )  # fmt: skip
    lost = Lost(machine=None, name=LOST_HOST, address=f"tcp://{PRIVATE}:4000", reason=f"{LOST_HOST}: {TEXT}")
    entries = [on_machine(verified(run=run), one, run) for one in ids]
    told = replace(entries[0].rounds[0], left_out=None)
    return result(
        replace(entries[0], rounds=(told,)), entries[1],
        run=run, machines=tuple(machine(id=one) for one in ids),
        fleet=FleetRecord(trial=False, together=False, spread_s=None, members=members, lost=(lost,)),
    )  # fmt: skip


def workers() -> Result:
    """What a pool says of a worker, and what a firmware says of itself at an address."""
    worker = served(name=f"{WORKER}.rig {USER}")
    device = replace(worker.device, id=f"worker:{WORKER}.rig", vendor=f"agent of {USER}", limits={"address": PRIVATE})
    warning = WarningRecord(code="refused_shares", text=f"{WORKER} sent 3 shares that counted nothing")
    firmware = reported(host=f"{PLUG}-asic.local")
    return served_result(replace(worker, device=device, warnings=(warning,)), firmware)


def all_of_them() -> list[Result]:
    """One of each."""
    return [one_machine(), fleet(), workers()]
