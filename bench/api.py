"""The public functions of the harness: what the command line and `import hashwatt` call."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..kernels.device import DeviceOptions, Found, Missing, scanning
from ..kernels.errors import InputError
from ..kernels.registry import BACKENDS, choose
from ..kernels.system.quota import cpu_quota, cpu_throttling
from ..kernels.workloads.protocol import Value, Workload
from ..kernels.workloads.registry import load_workload, workload_names
from .anchors.challenge import checked_challenge, get_beacon, with_beacon
from .anchors.stamp import stamp_record
from .asic.reading import Place
from .asic.run import is_asic, with_asics
from .energy.measurement import EnergyMeasurement, checked_idle_s
from .energy.meter import MeterEntry
from .energy.meters import registry as meter_registry
from .fitting import fitted
from .interrupts import Deferred, interruptible
from .isolation.device import find_all
from .machine.describe import allowed_cpus, describe_machine, hashwatt_version, library_versions
from .machine.memory_stalls import MemoryWatch
from .progress import Guarded, NoProgress, Progress
from .result.anchors import Beacon
from .result.file import check_writable, load, save
from .result.model import SCHEMA_VERSION, Result
from .result.printable import checked_text
from .run.alternation import (
    Alternation,
    alternated_record,
    check_beside,
    devices_of,
    paired,
    parse_alternation,
)
from .run.asked import AskedWork, check_race, check_shares, device_options, parts_of
from .run.assignment import Assignment, Work
from .run.in_turn import measure_all, measure_pairs
from .run.open_devices import OpenDevices
from .run.part import current_part
from .run.suite_times import SuiteTimes
from .sampling.budget import FIND_S, PATIENCE_S, PATIENCE_WHEN_ASKED_S, Ledger, budget
from .sampling.plan import DEFAULT_SECONDS, plan
from .sampling.stopwatch import Clock
from .scan import ScanRequest, ScanResult, scan_on
from .verification.verdict import Check, Proven, Verdict
from .verification.verify import verify
from .warnings.judge import judge_date, judge_machine, judge_memory, judge_quota, judge_root, judge_translation
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

LOG = logging.getLogger(__name__)


def devices() -> list[Found | Missing]:
    """Every device of this machine, and for each backend that has none the reason."""
    return find_all()


def meters() -> list[MeterEntry]:
    """Every energy meter of this machine, and for each kind that there is none of, why and what helps."""
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
    seconds: float | Mapping[str, float] | None = None,
    challenge: str | None = None,
    beacon: str | None = None,
    note: str | None = None,
    kernel: str | None = None,
    threads: int | None = None,
    workloads: Sequence[str] | None = None,
    suite: bool = False,
    sizes: Mapping[str, str] | None = None,
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

    `seconds` is the sampling time per device and row, for all or by workload ({"": 1, "stream": 5}: "" stands for all
    others), taken fully, in rounds that the devices make in turn; without it sampling ends as soon as the 95 % interval
    of the rate is within ±1 %, after 10 s at the latest. `challenge` (random by default) is what the work's inputs are
    derived from. `beacon` (a file, an address, or `tsa:` and the address of a time-stamping authority) adds a public
    value to it, which nobody knew before it was published.

    `workloads` names what to measure, in turn on each device (None: sha256d), each in all its rows; `suite` stands for
    all that belong to the suite, each for its own short time. `sizes` has sizes by workload ("gemm": "2048", "stream":
    "1GiB"), and `parameters` what else is special; `rolled` is short for sha256d's `prefixes`, the number of
    version-rolled prefixes hashed for each nonce (None: the plain scan). `retune` races the kernels anew instead of
    taking the winner of an earlier race. `together` measures all devices at once, too, after each was measured alone
    in one workload's usual row; the result's `together` then has their rates, the ratios to alone and the sum.

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
    asked = bool(device_ids) or (seconds is not None and not suite) or ab is not None
    # A suite is bounded by what each of its rows may take, and by giving up devices that do not come back.
    ledger = None if asked or suite else Ledger()
    # The input is checked before the devices are looked for, which takes a while.
    wished = AskedWork(workloads, parameters, rolled, sizes, seconds, suite, usual_only=together)
    plan(wished.common_seconds)
    checked_idle_s(idle_s)
    options = device_options(kernel, threads, retune)
    chosen = wished.works()
    check_race(kernel, retune, chosen)
    check_shares(shares)
    challenge, note = _texts(challenge, note)
    alternation = None if ab is None else parse_alternation(ab)
    if alternation is not None:
        check_beside(alternation, list(device_ids or ()), options, together)
        check_race(alternation.a if alternation.key == "kernel" else None, retune, chosen)
        device_ids = [alternation.a, alternation.b] if alternation.key == "device" else device_ids
    value = None if beacon is None else interruptible(partial(get_beacon, beacon))
    with_beacon(challenge, value)
    chosen_meters = interruptible(partial(meter_registry.choose, meters))
    places = [Place.of_text(name) for name in device_ids or () if is_asic(name)]
    if places:
        device_ids = [name for name in device_ids or () if not is_asic(name)]
        if together or workloads or suite or rolled is not None:
            raise InputError(
                "a live ASIC is only read, at whatever it does; leave out --together, --suite, --workload, --rolled"
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
        seconds=wished.common_seconds,
        challenge=challenge,
        beacon=value,
        note=note,
        options=options,
        works=chosen,
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
    return with_asics(result, places, wished.common_seconds, progress or NoProgress()) if places else result


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
    works: Sequence[Work] | None = None,
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
    where it is given. `works` may stand for the workloads and what is special about them. `broken`: what is installed
    and does not work, for a warning in the result. `alternation`: two settings to measure in turns; where these are
    devices, `found` is the two.
    """
    check_shares(shares)
    challenge, note = _texts(challenge, note)
    challenge = with_beacon(challenge, beacon)
    works = AskedWork(workloads, parameters, rolled).works() if works is None else works
    turns = [(one, work) for one in found for work in works]
    # From here on an interrupt ends what is being measured, and costs nothing that was measured.
    with Deferred():
        part = current_part()
        machine, granted, throttled = describe_machine(), cpu_quota(), cpu_throttling()
        if part is not None:
            machine = part.named(machine)
        energy = EnergyMeasurement(meters, checked_idle_s(idle_s))
        moving = [work for one, work in turns if one.info.on_host_cores and work.workload.binds != "logic"]
        memory = MemoryWatch() if moving else None
        assignment = Assignment(
            machine=machine.id,
            # Alternated settings take their time fully, so that they have as many rounds.
            plan=plan(seconds if alternation is None else seconds or DEFAULT_SECONDS, energy.slowest_s),
            challenge=challenge,
            run_id=secrets.token_hex(16) if part is None else part.run_id,
            options=options or DeviceOptions(),
            virtual_machine=machine.hypervisor is not None,
            began_s=clock(),
            energy=energy,
            patience_s=patience_s,
            ledger=ledger,
            shares=shares,
            several=len(works) > 1,
            devices=OpenDevices() if len(works) > 1 and alternation is None else None,
            times=SuiteTimes(parts_of(works, [one.info for one in found], seconds or DEFAULT_SECONDS))
            if any(work.flexible for work in works) and alternation is None
            else None,
        )
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = Guarded(progress or NoProgress())
        if alternation is None:
            alternated = None
            with closing(assignment.devices) if assignment.devices is not None else nullcontext():
                results, at_once = measure_all(turns, assignment, shown, clock, together)
        else:
            at_once = None
            pairs = paired(alternation, found, works, assignment)
            results = measure_pairs(pairs, assignment, shown, clock)
            alternated = alternated_record(alternation, len(pairs))
        left_out, stalls = energy.left_out, None if memory is None else memory.read()
        warnings = [
            *judge_root(),
            *judge_machine(machine),
            *judge_memory(machine, stalls),
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
        secrets.token_hex(16) if challenge is None else checked_challenge(challenge),
        None if note is None else checked_text(note, "note"),
    )
