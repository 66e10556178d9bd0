"""The public functions of the harness: what the command line and `import hashwatt` call."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from ..kernels.device import DeviceOptions, Found, Missing, scanning
from ..kernels.errors import DeviceError, InputError
from ..kernels.registry import BACKENDS, choose
from ..kernels.system.quota import cpu_quota, cpu_throttling
from ..kernels.workloads.protocol import Value, Workload
from ..kernels.workloads.registry import DEFAULT, load_workload, workload_names
from .energy.joules.record import missing_record
from .energy.measurement import EnergyMeasurement, checked_idle_s
from .energy.meter import MeterEntry
from .energy.meters import registry as meter_registry
from .fitting import fitted
from .interrupts import Deferred, interruptible
from .isolation.device import find_all
from .machine.describe import allowed_cpus, describe_machine, hashwatt_version, library_versions
from .progress import Guarded, NoProgress, Progress
from .result.file import check_writable, load, save
from .result.measurement import Measurement
from .result.model import SCHEMA_VERSION, Result, Together
from .result.printable import checked_text
from .sampling.budget import FIND_S, PATIENCE_S, PATIENCE_WHEN_ASKED_S, Ledger, budget
from .sampling.plan import plan
from .sampling.stopwatch import Clock
from .scan import ScanRequest, ScanResult, scan_on
from .session import Assignment, Session, Work, mistake_sentence, unmeasured
from .together import measure_together
from .verification.checks import check_result
from .verification.recompute import recompute as do_again
from .verification.verdict import Check, Verdict
from .warnings.judge import judge_date, judge_machine, judge_quota, judge_root
from .warnings.sentences import driver_broken, meters_left_out

__all__ = [
    "Check",
    "Progress",
    "Result",
    "ScanResult",
    "Verdict",
    "check_writable",
    "devices",
    "load",
    "measure",
    "meters",
    "run",
    "save",
    "scan",
    "verify",
    "workloads",
]

# The parameter that `rolled` stands for: how many prefixes, version-rolled, are done for each nonce.
ROLLED = "prefixes"

LOG = logging.getLogger(__name__)


def devices() -> list[Found | Missing]:
    """Every device of this machine, and for each backend that has none the reason."""
    return find_all()


def meters() -> list[MeterEntry]:
    """Every energy meter of this machine, and for each kind that there is none of, why and what would mend it."""
    return meter_registry.find()


def workloads() -> list[Workload]:
    """Every kind of work that can be measured, ours and those that other distributions bring, as far as they load."""
    loaded = []
    for name in workload_names():
        try:
            loaded.append(load_workload(name))
        except InputError as error:
            LOG.warning("%s", error)
    return loaded


def run(
    device_ids: Sequence[str] | None = None,
    *,
    seconds: float | None = None,
    challenge: str | None = None,
    note: str | None = None,
    kernel: str | None = None,
    threads: int | None = None,
    workloads: Sequence[str] | None = None,
    parameters: Mapping[str, Value] | None = None,
    rolled: int | None = None,
    retune: bool = False,
    together: bool = False,
    meters: Sequence[str] | None = None,
    idle_s: float | None = None,
    progress: Progress | None = None,
) -> Result:
    """Measure devices in turn (all by default).

    `seconds` is the sampling time per device, taken fully; without it sampling ends as soon as the
    95 % interval of the rate is within ±1 %, after 10 s at the latest. `challenge` (random by
    default) is what the work's inputs are derived from. `workloads` names what to measure, in turn on each
    device (None: sha256d), and `parameters` what is special about it; `rolled` is short for sha256d's
    `prefixes`, the number of version-rolled prefixes hashed for each nonce (None: the plain scan).
    `retune` races the kernels anew instead of
    taking the winner of an earlier race. `together` measures all devices at once, too, after each
    was measured alone; the result's `together` then has their rates, the ratios to alone and the sum.

    `meters` names the energy meters to read (None: those of this machine; `["none"]`: none), `idle_s`
    the seconds of idleness measured before and again after (None: 3 where the meters are quick, 0: none).

    A device that fails is in the result with its reason, and the others go on. Where neither devices nor
    a time are given, a driver that does not answer is cut off after 46 s besides warm-up and samples, else
    after 120 s. Ctrl-C (KeyboardInterrupt) ends the run; the result keeps what was measured, with status
    `interrupted`. Raises InputError, and KeyboardInterrupt where nothing was measured yet.
    """
    # Whoever asks for a device or for a time has more patience.
    asked = bool(device_ids) or seconds is not None
    ledger = None if asked else Ledger()
    # The input is checked before the devices are looked for, which takes a while.
    plan(seconds)
    checked_idle_s(idle_s)
    options = _options(kernel, threads, retune)
    chosen = _work(workloads, parameters, rolled)
    _check_race(kernel, retune, chosen)
    challenge, note = _texts(challenge, note)
    chosen_meters = interruptible(partial(meter_registry.choose, meters))
    entries = interruptible(partial(_entries, list(device_ids or ())))
    found = choose(entries, list(device_ids or ()) or None)
    if not found:
        raise InputError("this machine has no device to measure; `hashwatt devices` tells why")
    if together and len(chosen) > 1:
        raise InputError("devices are measured together in one workload; name one, or leave --together out")
    if together and len(found) < 2:
        raise InputError(f"{found[0].info.id} alone has nothing to be measured together with; name two devices (-d)")
    return measure(
        found,
        seconds=seconds,
        challenge=challenge,
        note=note,
        options=options,
        workloads=workloads,
        parameters=parameters,
        rolled=rolled,
        together=together,
        meters=chosen_meters,
        idle_s=idle_s,
        progress=progress,
        patience_s=PATIENCE_WHEN_ASKED_S if asked else PATIENCE_S,
        ledger=ledger,
        broken=[entry for entry in entries if isinstance(entry, Missing) and entry.broken],
    )


def measure(
    found: Sequence[Found],
    *,
    seconds: float | None = None,
    challenge: str | None = None,
    note: str | None = None,
    options: DeviceOptions | None = None,
    workloads: Sequence[str] | None = None,
    parameters: Mapping[str, Value] | None = None,
    rolled: int | None = None,
    together: bool = False,
    meters: Sequence[MeterEntry] = (),
    idle_s: float | None = None,
    progress: Progress | None = None,
    patience_s: float = PATIENCE_WHEN_ASKED_S,
    ledger: Ledger | None = None,
    broken: Sequence[Missing] = (),
    clock: Clock = time.perf_counter,
) -> Result:
    """Like `run`, on devices that were found already; `clock` gives the seconds that samples are timed with.

    `patience_s` is what each device may take besides warm-up and samples, and `ledger` bounds all of them together
    where it is given. `broken`: what is installed and does not
    work, for a warning in the result.
    """
    challenge, note = _texts(challenge, note)
    turns = [(one, work) for one in found for work in _work(workloads, parameters, rolled)]
    # From here on an interrupt ends what is being measured, and costs nothing that was measured.
    with Deferred():
        machine, granted, throttled = describe_machine(), cpu_quota(), cpu_throttling()
        assignment = Assignment(
            machine=machine.id,
            plan=plan(seconds),
            challenge=challenge,
            run_id=secrets.token_hex(16),
            options=options or DeviceOptions(),
            clock_is_real=machine.hypervisor is None,
            began_s=clock(),
            energy=EnergyMeasurement(meters, checked_idle_s(idle_s)),
            patience_s=patience_s,
        )
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = Guarded(progress or NoProgress())
        results, at_once = _measure_all(turns, assignment, shown, clock, together, ledger)
        left_out = assignment.energy.left_out
        warnings = [
            *judge_root(),
            *judge_machine(machine),
            *judge_quota(allowed_cpus(), granted, throttled),
            *judge_date(created),
            *([meters_left_out(left_out)] if left_out else []),
            *(driver_broken(entry.reason) for entry in broken),
        ]
        return fitted(
            Result(
                schema_version=SCHEMA_VERSION,
                run_id=assignment.run_id,
                created=created,
                hashwatt_version=hashwatt_version(),
                challenge=challenge,
                note=note,
                machines=(machine,),
                libraries=library_versions(),
                warnings=tuple(warnings),
                results=tuple(results),
                together=at_once,
            )
        )


def _measure_all(
    turns: Sequence[tuple[Found, Work]],
    assignment: Assignment,
    shown: Progress,
    clock: Clock,
    together: bool,
    ledger: Ledger | None,
) -> tuple[list[Measurement], Together | None]:
    """The devices in turn, then at once where that is wished. Raises InputError where no device takes the options."""
    energy = assignment.energy
    results: list[Measurement] = []
    refused: list[InputError] = []
    at_once: Together | None = None
    try:
        interrupted = energy.begin(shown)
        isolated = [one.isolate for one, _ in turns]
        for number, (one, work) in enumerate(turns):
            if interrupted:
                reason = "the run was interrupted before this device's turn"
                results.append(unmeasured(one, work, assignment.machine, "interrupted", reason))
                continue
            session = Session(one, work, assignment, shown, clock)
            with nullcontext() if ledger is None else budget(ledger.turn_seconds(isolated, number)):
                results.append(session.measure())
            interrupted = session.interrupted
            if session.refused_input is not None:
                refused.append(session.refused_input)
        energy.end(shown, idle=not interrupted and any(result.rate for result in results))
        if together and not interrupted:
            at_once = measure_together(turns, results, assignment, shown, clock)
    finally:
        energy.stop()
        shown.done()
    # What no device takes (a kernel that does not exist) is the user's mistake, not the devices' failure.
    if refused and len(refused) == len(results):
        raise refused[0]
    return [_settled(energy, one, result) for (one, _), result in zip(turns, results, strict=True)], at_once


def _settled(energy: EnergyMeasurement, one: Found, result: Measurement) -> Measurement:
    """The result with its energy; whatever a meter has told, it costs the energy at most."""
    try:
        return energy.settle(one.info, result)
    except Exception as error:
        LOG.info("%s: no energy", one.info.id, exc_info=True)
        return replace(result, energy=(missing_record(mistake_sentence(error)),))


def scan(
    header: bytes,
    start: int,
    count: int,
    target: int,
    device_id: str | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Every nonce in `start` … `start + count − 1` for which the hash of the 80-byte `header` is ≤ `target`.

    The header's own nonce field is ignored. Without `device_id` the first device is taken. Ctrl-C
    ends the scan; the answer is then not `complete`. Raises InputError, DeviceError, and
    KeyboardInterrupt where nothing was scanned yet.
    """
    request = ScanRequest(header, start, count, target)
    shown = Guarded(progress or NoProgress())
    found = interruptible(_first_device if device_id is None else partial(_named, device_id))
    device = interruptible(partial(found.open, DeviceOptions()))
    try:
        return scan_on(scanning(device), request, shown)
    finally:
        shown.done()
        device.close()


def verify(source: str | Path | Result, recompute: int = 0, progress: Progress | None = None) -> Verdict:
    """Check a result (or its file) without trusting it; `recompute` parts of it, randomly chosen, are done again.

    Takes milliseconds without `recompute`. Evidence that does not hold is a Verdict that is not ok, and
    nothing of it is done again. Raises InputError when the file cannot be
    read as a result at all, DeviceError when there is no CPU kernel to recompute with.
    """
    if recompute < 0:
        raise InputError(f"{recompute} chunks cannot be recomputed; give a number from 0 on")
    verdict, result = check_result(source)
    if not recompute or not verdict.ok or result is None:
        return verdict
    entries = find_all(["cpu"])
    found = [entry for entry in entries if isinstance(entry, Found)]
    if not found:
        reasons = "; ".join(entry.reason for entry in entries if isinstance(entry, Missing))
        raise DeviceError(f"there is no CPU kernel to recompute with: {reasons}")
    shown = progress or NoProgress()
    device = found[0].open(DeviceOptions())
    try:
        return Verdict.of([*verdict.checks, *do_again(result, recompute, device, shown)], verdict.statement)
    finally:
        shown.done()
        device.close()


def _named(device_id: str) -> Found:
    return choose(_entries([device_id]), [device_id])[0]


def _entries(wanted: list[str]) -> list[Found | Missing]:
    """What there is, of the backends of the devices wanted where there are any: asking a driver can take seconds.

    Where none is wanted by name, as far as their drivers answer soon.
    """
    if not wanted:
        with budget(FIND_S):
            return find_all()
    backends = list(dict.fromkeys(name.partition(":")[0] for name in wanted))
    if all(name in BACKENDS for name in backends):
        entries = find_all(backends)
        with suppress(InputError):
            choose(entries, wanted)
            return entries
    # Where one is unknown the error is to list every device there is.
    return find_all()


def _first_device() -> Found:
    for name in BACKENDS:
        for entry in find_all([name]):
            if isinstance(entry, Found) and entry.by_default:
                return entry
    raise InputError("this machine has no device to scan with; `hashwatt devices` tells why")


def _texts(challenge: str | None, note: str | None) -> tuple[str, str | None]:
    return (
        secrets.token_hex(16) if challenge is None else checked_text(challenge, "challenge"),
        None if note is None else checked_text(note, "note"),
    )


def _work(names: Sequence[str] | None, parameters: Mapping[str, Value] | None, rolled: int | None) -> tuple[Work, ...]:
    """The workloads of these names with their parameters; each takes those that it knows. Raises InputError."""
    given = dict(parameters or {}) | ({} if rolled is None else {ROLLED: rolled})
    chosen = [load_workload(name) for name in dict.fromkeys(names or (DEFAULT,))]
    known = [set(workload.parameters_of({})) for workload in chosen]
    for name in given:
        if not any(name in each for each in known):
            said = "versions to roll" if name == ROLLED and rolled is not None else f"parameter {name!r:.40}"
            raise InputError(f"{', '.join(workload.name for workload in chosen)} has no {said}; leave it out")
    return tuple(
        Work(workload, workload.parameters_of({name: value for name, value in given.items() if name in its}))
        for workload, its in zip(chosen, known, strict=True)
    )


def _check_race(kernel: str | None, retune: bool, chosen: Sequence[Work]) -> None:
    """Raise InputError where a kernel or a race is asked for, and work with a kernel of its own takes neither."""
    own = [work.workload.name for work in chosen if work.workload.name != DEFAULT]
    if kernel is not None and own:
        raise InputError(f"kernels are chosen for {DEFAULT} alone, {own[0]} has its own; leave out one of the two")
    if retune and len(own) == len(chosen):
        raise InputError(f"kernels are raced for {DEFAULT} alone, {own[0]} has its own; leave --retune out")


def _options(kernel: str | None, threads: int | None, retune: bool) -> DeviceOptions:
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads can do no work; give at least 1")
    if retune and kernel is not None:
        raise InputError(f"with the kernel {kernel!r:.80} given no race is run, so none can be run anew; leave out one")
    return DeviceOptions(kernel=kernel, threads=threads, retune=retune)
