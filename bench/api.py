"""The public functions of the harness: what the command line and `import hashwatt` call."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..kernels.bounded import MOST_SHARES
from ..kernels.device import DeviceOptions, Found, Missing, scanning
from ..kernels.errors import DeviceError, InputError
from ..kernels.registry import BACKENDS, choose
from ..kernels.system.quota import cpu_quota, cpu_throttling
from ..kernels.workloads.protocol import Value, Workload
from ..kernels.workloads.registry import DEFAULT, load_workload, workload_names
from .alternation import (
    Alternation,
    alternated_record,
    check_beside,
    devices_of,
    paired,
    parse_alternation,
)
from .anchors.challenge import get_beacon, with_beacon
from .anchors.stamp import stamp_record
from .asic.reading import Place
from .asic.run import is_asic, with_asics
from .assignment import Assignment, Work
from .energy.measurement import EnergyMeasurement, checked_idle_s
from .energy.meter import MeterEntry
from .energy.meters import registry as meter_registry
from .fitting import fitted
from .in_turn import measure_all, measure_pairs
from .interrupts import Deferred, interruptible
from .isolation.device import find_all
from .machine.describe import allowed_cpus, describe_machine, hashwatt_version, library_versions
from .part import current_part
from .progress import Guarded, NoProgress, Progress
from .result.anchors import Beacon
from .result.file import check_writable, load, save
from .result.model import SCHEMA_VERSION, Result
from .result.printable import checked_text
from .sampling.budget import FIND_S, PATIENCE_S, PATIENCE_WHEN_ASKED_S, Ledger, budget
from .sampling.plan import DEFAULT_SECONDS, plan
from .sampling.stopwatch import Clock
from .scan import ScanRequest, ScanResult, scan_on
from .verification.cached import keep
from .verification.checks import check_result
from .verification.recompute import audit
from .verification.recompute import recompute as do_again
from .verification.verdict import Check, Proven, Verdict
from .warnings.judge import judge_date, judge_machine, judge_quota, judge_root, judge_translation
from .warnings.sentences import driver_broken, meters_left_out

__all__ = [
    "Check",
    "Progress",
    "Proven",
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
    "stamp",
    "verify",
    "workloads",
]

# The parameter that `rolled` stands for: how many prefixes, version-rolled, are done for each nonce.
ROLLED = "prefixes"
# The bounds of how many shares a result may be asked to keep.
FEWEST_SHARES = 300
LONGEST_EFFORT_S = 86_400.0

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
    beacon: str | None = None,
    note: str | None = None,
    kernel: str | None = None,
    threads: int | None = None,
    workloads: Sequence[str] | None = None,
    parameters: Mapping[str, Value] | None = None,
    rolled: int | None = None,
    retune: bool = False,
    together: bool = False,
    ab: str | None = None,
    shares: int | None = None,
    meters: Sequence[str] | None = None,
    idle_s: float | None = None,
    progress: Progress | None = None,
) -> Result:
    """Measure devices in turn (all by default).

    `seconds` is the sampling time per device, taken fully, in rounds that the devices make in turn; without it sampling
    ends as soon as the 95 % interval of the rate is within ±1 %, after 10 s at the latest. `challenge` (random by
    default) is what the work's inputs are derived from. `beacon` (a file, an address, or `tsa:` and the
    address of a time-stamping authority) adds a public value to it, which nobody knew before it was
    published. `workloads` names what to measure, in turn on each
    device (None: sha256d), and `parameters` what is special about it; `rolled` is short for sha256d's
    `prefixes`, the number of version-rolled prefixes hashed for each nonce (None: the plain scan).
    `retune` races the kernels anew instead of
    taking the winner of an earlier race. `together` measures all devices at once, too, after each
    was measured alone; the result's `together` then has their rates, the ratios to alone and the sum.
    `ab` names two settings, like "threads=1,2" (kernel, threads, device or runtime), that are alternated in rounds
    instead, each for `seconds` (None: 10); the result's `alternated` then tells which records belong together.
    `shares`: how many to keep as evidence of work that is proven by them (None: 10,000 of sha256d's).

    `meters` names the energy meters to read (None: those of this machine; `["none"]`: none), `idle_s`
    the seconds of idleness measured before and again after (None: 3 where the meters are quick, 0: none).

    A device that fails is in the result with its reason, and the others go on. Where neither devices nor
    a time are given, a driver that does not answer is cut off after 46 s besides warm-up and samples, else
    after 120 s. Ctrl-C (KeyboardInterrupt) ends the run; the result keeps what was measured, with status
    `interrupted`. Raises InputError, and KeyboardInterrupt where nothing was measured yet,
    and a HashwattError where the beacon does not answer.
    """
    # Whoever asks for a device, a time or two settings has more patience.
    asked = bool(device_ids) or seconds is not None or ab is not None
    ledger = None if asked else Ledger()
    # The input is checked before the devices are looked for, which takes a while.
    plan(seconds)
    checked_idle_s(idle_s)
    options = _options(kernel, threads, retune)
    chosen = _work(workloads, parameters, rolled)
    _check_race(kernel, retune, chosen)
    _check_shares(shares)
    challenge, note = _texts(challenge, note)
    alternation = None if ab is None else parse_alternation(ab)
    if alternation is not None:
        check_beside(alternation, list(device_ids or ()), options, together)
        _check_race(alternation.a if alternation.key == "kernel" else None, retune, chosen)
        device_ids = [alternation.a, alternation.b] if alternation.key == "device" else device_ids
    value = None if beacon is None else interruptible(partial(get_beacon, beacon))
    with_beacon(challenge, value)
    chosen_meters = interruptible(partial(meter_registry.choose, meters))
    places = [Place.of_text(name) for name in device_ids or () if is_asic(name)]
    if places:
        device_ids = [name for name in device_ids or () if not is_asic(name)]
        if together or workloads or rolled is not None:
            raise InputError(
                "a live ASIC is only read, at whatever it does; leave out --together, --workload, --rolled"
            )
    only_asics = bool(places) and not device_ids
    entries = [] if only_asics else interruptible(partial(_entries, list(device_ids or ())))
    found = choose(entries, list(device_ids or ()) or None) if not only_asics else []
    if not found and not places:
        raise InputError("this machine has no device to measure; `hashwatt devices` tells why")
    if alternation is not None:
        found = _alternated_devices(alternation, entries, found, named=bool(device_ids))
    if together and len(chosen) > 1:
        raise InputError("devices are measured together in one workload; name one, or leave --together out")
    if together and len(found) < 2:
        raise InputError(f"{found[0].info.id} alone has nothing to be measured together with; name two devices (-d)")
    result = measure(
        found,
        seconds=seconds,
        challenge=challenge,
        beacon=value,
        note=note,
        options=options,
        workloads=workloads,
        parameters=parameters,
        rolled=rolled,
        together=together,
        alternation=alternation,
        shares=shares,
        meters=chosen_meters,
        idle_s=idle_s,
        progress=progress,
        patience_s=PATIENCE_WHEN_ASKED_S if asked else PATIENCE_S,
        ledger=ledger,
        broken=[entry for entry in entries if isinstance(entry, Missing) and entry.broken],
    )
    return with_asics(result, places, seconds, progress or NoProgress()) if places else result


def measure(
    found: Sequence[Found],
    *,
    seconds: float | None = None,
    challenge: str | None = None,
    beacon: Beacon | None = None,
    note: str | None = None,
    options: DeviceOptions | None = None,
    workloads: Sequence[str] | None = None,
    parameters: Mapping[str, Value] | None = None,
    rolled: int | None = None,
    together: bool = False,
    alternation: Alternation | None = None,
    shares: int | None = None,
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
    where it is given. `broken`: what is installed and does not work, for a warning in the result. `alternation`: two
    settings to measure in turns; where these are devices, `found` is the two.
    """
    _check_shares(shares)
    challenge, note = _texts(challenge, note)
    challenge = with_beacon(challenge, beacon)
    turns = [(one, work) for one in found for work in _work(workloads, parameters, rolled)]
    # From here on an interrupt ends what is being measured, and costs nothing that was measured.
    with Deferred():
        part = current_part()
        machine, granted, throttled = describe_machine(), cpu_quota(), cpu_throttling()
        if part is not None:
            machine = part.named(machine)
        energy = EnergyMeasurement(meters, checked_idle_s(idle_s))
        assignment = Assignment(
            machine=machine.id,
            # Alternated settings take their time fully, so that they have as many rounds.
            plan=plan(seconds if alternation is None else seconds or DEFAULT_SECONDS, energy.slowest_s),
            challenge=challenge,
            run_id=secrets.token_hex(16) if part is None else part.run_id,
            options=options or DeviceOptions(),
            clock_is_real=machine.hypervisor is None,
            began_s=clock(),
            energy=energy,
            patience_s=patience_s,
            ledger=ledger,
            shares=shares,
        )
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = Guarded(progress or NoProgress())
        if alternation is None:
            alternated = None
            results, at_once = measure_all(turns, assignment, shown, clock, together)
        else:
            at_once = None
            pairs = paired(alternation, found, _work(workloads, parameters, rolled), assignment)
            results = measure_pairs(pairs, assignment, shown, clock)
            alternated = alternated_record(alternation, len(pairs))
        left_out = energy.left_out
        warnings = [
            *judge_root(),
            *judge_machine(machine),
            *judge_translation(),
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
                alternated=alternated,
                beacon=beacon,
            )
        )


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
    found = interruptible(partial(device_to_scan_with, device_id))
    device = interruptible(partial(found.open, DeviceOptions()))
    try:
        return scan_on(scanning(device), request, shown)
    finally:
        shown.done()
        device.close()


def verify(
    source: str | Path | Result,
    recompute: int = 0,
    progress: Progress | None = None,
    *,
    effort_s: float = 0.0,
    challenge: str | None = None,
    certificates: Sequence[str | Path] = (),
) -> Verdict:
    """Check a result (or its file) without trusting it.

    Takes milliseconds unless parts of the work are done again: `recompute` randomly chosen ones, or as many as the
    CPU does in about `effort_s` seconds. Evidence that does not hold is a Verdict that is not ok, and nothing of it is
    done again. `challenge`: what the result must answer (None: any). `certificates`: files of the root certificates
    that are trusted for time-stamps (none: those of the system). Raises InputError when the file cannot be read as
    a result at all, DeviceError when there is no CPU kernel to do work again with.
    """
    if recompute < 0:
        raise InputError(f"{recompute} chunks cannot be recomputed; give a number from 0 on")
    if not 0 <= effort_s <= LONGEST_EFFORT_S:
        raise InputError(f"an effort of {effort_s:g} s is not possible; give 0 to {LONGEST_EFFORT_S:.0f} seconds")
    verdict, result = check_result(source, challenge=challenge, certificates=certificates, list_trusted=True)
    if result is None:
        return verdict
    if (recompute or effort_s) and verdict.ok:
        verdict = _done_again(verdict, result, recompute, effort_s, progress or NoProgress())
    # Reports look at a part of the shares only; what was found out about all of them, and about the work, they use.
    of_this_question = all(check.ok for check in verdict.checks if check.code == "challenge") and not certificates
    if not isinstance(source, Result) and of_this_question:
        keep(source, verdict, result)
    return verdict


def _done_again(verdict: Verdict, result: Result, recompute: int, effort_s: float, shown: Progress) -> Verdict:
    entries = find_all(["cpu"])
    found = [entry for entry in entries if isinstance(entry, Found)]
    if not found:
        reasons = "; ".join(entry.reason for entry in entries if isinstance(entry, Missing))
        raise DeviceError(f"there is no CPU kernel to recompute with: {reasons}")
    device = found[0].open(DeviceOptions())
    try:
        again = do_again(result, recompute, device, shown) if recompute else []
        if effort_s:
            again += audit(result, effort_s, device, shown)
    finally:
        shown.done()
        device.close()
    return verdict.with_checks(again)


def stamp(result: Result, authority: str, certificates: Sequence[str | Path] = ()) -> Result:
    """The result with a time-stamp (RFC 3161) over its record, by the authority at that address.

    `certificates`: files of the root certificates that are trusted (none: those of the system, and a signer that they
    do not know is taken all the same: `verify` says so). Raises InputError, and another HashwattError where the
    authority gives no token that convinces.
    """
    return stamp_record(result, authority, certificates)[0]


def _alternated_devices(
    alternation: Alternation, entries: Sequence[Found | Missing], found: list[Found], *, named: bool
) -> list[Found]:
    """The devices whose settings are alternated: those named, else the first; or the two that are the settings."""
    if alternation.of_one_device:
        return found if named else found[:1]
    return list(devices_of(alternation, [entry for entry in entries if isinstance(entry, Found)]))


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


def device_to_scan_with(device_id: str | None) -> Found:
    """The device of this id, or the first one that there is. Raises InputError."""
    return _first_device() if device_id is None else _named(device_id)


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


def _check_shares(shares: int | None) -> None:
    if shares is not None and not FEWEST_SHARES <= shares <= MOST_SHARES:
        raise InputError(f"a proof holds {FEWEST_SHARES} to {MOST_SHARES} shares, not {shares}; leave it out for 10000")


def _options(kernel: str | None, threads: int | None, retune: bool) -> DeviceOptions:
    if threads is not None and threads < 1:
        raise InputError(f"{threads} threads can do no work; give at least 1")
    if retune and kernel is not None:
        raise InputError(f"with the kernel {kernel!r:.80} given no race is run, so none can be run anew; leave out one")
    return DeviceOptions(kernel=kernel, threads=threads, retune=retune)
