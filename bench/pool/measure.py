"""`serve`: measure every miner that connects, each in one window of fixed length, and put a result together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from ...kernels.device import DeviceInfo, Kind
from ...kernels.errors import InputError
from ...kernels.stratum.difficulty import checked_difficulty
from ..anchors.challenge import checked_challenge
from ..asic.fetch import NoAnswer
from ..asic.measure import INTERVAL_S, Watched, reported_measurement, unreached
from ..asic.reading import Place, Reading, read
from ..energy.joules.readings import Window
from ..energy.joules.record import missing_record
from ..energy.measurement import EnergyMeasurement
from ..energy.meter import MeterEntry
from ..fitting import fitted
from ..host_names import can_be_host, with_port
from ..interrupts import Deferred, interruptible
from ..machine.describe import describe_machine, hashwatt_version, library_versions
from ..progress import NoProgress
from ..result.measurement import Measurement
from ..result.model import SCHEMA_VERSION, Result
from ..result.printable import checked_text
from .result import measurement, worker_ids
from .server import TICK_S, Connection, Pool
from .session import PoolSettings, World

SHORTEST_WINDOW_S = 1.0
LONGEST_WINDOW_S = 86_400.0
DEFAULT_WINDOW_S = 60.0
DEFAULT_WAIT_S = 300.0
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3333
NO_METER = "no meter was asked for; measure the miner at the wall (--meter shelly://HOST)"
# How often whoever watches is shown the workers.
SHOW_S = 0.5

LOG = logging.getLogger(__name__)

Watch = Callable[[Pool], None]


@dataclass(frozen=True)
class Address:
    """Where to listen. `port` 0: any free one."""

    host: str
    port: int

    @classmethod
    def of_text(cls, text: str) -> Address:
        """HOST, HOST:PORT, [IPv6]:PORT or :PORT. Raises InputError."""
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
            is_host = host is None or can_be_host(host)
            if not is_host or parts.path or parts.query or parts.username is not None or not text.strip():
                raise ValueError
        except ValueError:
            raise InputError(f"{text!r:.60} is no address; give HOST:PORT, like 0.0.0.0:{DEFAULT_PORT}") from None
        return cls(host or DEFAULT_HOST, DEFAULT_PORT if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of this machine can connect."""
        return self.host == "localhost" or self.host.startswith("127.") or self.host == "::1"

    def __str__(self) -> str:
        return with_port(self.host, self.port)


@dataclass(frozen=True)
class ServeRequest:
    """What to serve. Raises InputError."""

    address: Address
    seconds: float = DEFAULT_WINDOW_S
    wait_s: float = DEFAULT_WAIT_S
    challenge: str | None = None
    note: str | None = None
    difficulty: float | None = None
    kind: Kind = "remote"
    beside: Place | None = None
    meters: tuple[MeterEntry, ...] = ()

    def __post_init__(self) -> None:
        if not SHORTEST_WINDOW_S <= self.seconds <= LONGEST_WINDOW_S:
            raise InputError(f"a window takes 1 s to a day (86400 s), not {self.seconds:g} s; try --seconds 60")
        if not 0 < self.wait_s <= LONGEST_WINDOW_S:
            raise InputError(f"waiting takes more than 0 s and at most a day, not {self.wait_s:g} s; try --wait 300")
        if self.difficulty is not None:
            checked_difficulty(self.difficulty)
        if self.challenge is not None:
            checked_challenge(self.challenge)
        if self.note is not None:
            checked_text(self.note, "note")


def serve(request: ServeRequest, listening: Callable[[Address], None], watch: Watch) -> Result:
    """Measure until every worker's window has ended, or nobody has come for `wait_s` seconds.

    `listening` is told the address once connections are taken; `watch` sees the pool twice a second. An interrupt ends
    it: windows that were whole by then are kept. Raises InputError, and KeyboardInterrupt where no worker had come.
    """
    challenge = request.challenge if request.challenge is not None else secrets.token_hex(16)
    settings = PoolSettings(challenge, request.seconds, request.difficulty)
    pool = Pool(settings, World(time.monotonic, time.time, secrets.token_bytes))
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    interrupted = False
    claims = _Claims()
    with Deferred():
        machine = describe_machine()
        energy = EnergyMeasurement(request.meters, 0.0)
        energy.begin(NoProgress())
        try:
            interruptible(lambda: asyncio.run(_serve(pool, request, listening, watch, claims)))
        except KeyboardInterrupt:
            interrupted = True
            if not pool.workers:
                energy.stop()
                raise
        workers = counted(pool.workers)
        results = [
            measurement(worker, worker_id, machine.id, request.kind, interrupted)
            for worker, worker_id in zip(workers, worker_ids(workers), strict=True)
        ]
        if request.meters:
            results = _with_joules(results, workers, energy, request)
        else:
            results = [replace(each, energy=(missing_record(NO_METER),)) for each in results]
        energy.stop()
        if request.beside is not None:
            results.append(claims.record(request, machine.id))
        if not pool.workers:
            raise InputError(_nobody(pool, request))
        return fitted(
            Result(
                schema_version=SCHEMA_VERSION,
                run_id=secrets.token_hex(16),
                created=created,
                hashwatt_version=hashwatt_version(),
                challenge=challenge,
                note=request.note,
                machines=(machine,),
                libraries=library_versions(),
                warnings=(),
                results=tuple(results),
            )
        )


def counted(workers: Sequence[Connection]) -> list[Connection]:
    """The workers that a result names: all but those that left before their window and came back to be measured."""
    measured = {_who(worker) for worker in workers if worker.session.window is not None}
    return [worker for worker in workers if worker.session.window is not None or _who(worker) not in measured]


def _who(worker: Connection) -> tuple[str, str]:
    return worker.session.name, worker.address


def _with_joules(
    results: list[Measurement], workers: Sequence[Connection], energy: EnergyMeasurement, request: ServeRequest
) -> list[Measurement]:
    """The records with the joules of their windows. Of several workers at once no meter can tell whose they are."""
    if len(workers) > 1:
        shared = missing_record("several workers were measured at once, and the meter counts all; serve one at a time")
        return [replace(each, energy=(shared,)) for each in results]
    (result,), (worker,) = results, workers
    window = worker.session.window
    info = DeviceInfo(
        id=result.device.id,
        kind=request.kind,
        name=result.device.name,
        vendor=result.device.vendor,
        backend=result.device.backend,
        driver=result.device.driver,
        # Who connects from elsewhere does not work with this machine's cores.
        runs_on_host_cpu=request.kind == "cpu" and request.address.is_loopback,
    )
    account = energy.account(info)
    if window is not None:
        # The pool's clock and the meters' may count from different moments.
        apart = time.perf_counter() - time.monotonic()
        account.add(Window(window.began + apart, window.began + apart + request.seconds))
        account.complete()
    return [account.settle(result)]


@dataclass
class _Claims:
    """What a miner said of itself, or why it said nothing."""

    readings: list[Reading] = field(default_factory=list)
    fault: str = "no window was under way in which it could be asked"

    def record(self, request: ServeRequest, machine: str) -> Measurement:
        """Its record: of the kind that the workers are of, since it is one of them that is asked."""
        assert request.beside is not None
        if self.readings:
            told = reported_measurement(Watched(request.beside, tuple(self.readings), request.seconds), machine)
        else:
            told = unreached(request.beside, machine, "failed", self.fault)
        return replace(told, device=replace(told.device, kind=request.kind))


async def _listen_to_claims(pool: Pool, place: Place, claims: _Claims) -> None:
    """Read what the miner says while a window is under way, however short it is."""
    due = -math.inf
    while True:
        if time.monotonic() >= due and any(worker.session.phase == "measuring" for worker in pool.workers):
            due = time.monotonic() + INTERVAL_S
            try:
                claims.readings.append(await asyncio.to_thread(read, place))
            except NoAnswer as error:
                claims.fault = str(error)
        await asyncio.sleep(SHOW_S)


async def _serve(
    pool: Pool,
    request: ServeRequest,
    listening: Callable[[Address], None],
    watch: Watch,
    claims: _Claims,
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: LOG.info("a connection failed: %s", context.get("message")))
    server = await pool.listen(request.address.host, request.address.port)
    beside = asyncio.create_task(_listen_to_claims(pool, request.beside, claims)) if request.beside else None
    try:
        host, port = server.sockets[0].getsockname()[:2]
        listening(Address(host, port))
        alone_since = time.monotonic()
        shown = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            pool.tick()
            now = time.monotonic()
            if now >= shown + SHOW_S:
                shown = now
                watch(pool)
            if pool.busy:
                alone_since = now
            elif pool.workers and all(worker.session.phase == "done" for worker in pool.workers):
                if any(worker.session.window for worker in pool.workers) or now - alone_since > request.wait_s:
                    return
            elif now - alone_since > request.wait_s:
                return
    finally:
        if beside is not None:
            beside.cancel()
        server.close()
        pool.close()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(server.wait_closed(), 1)


def _nobody(pool: Pool, request: ServeRequest) -> str:
    others = pool.turned_away.most_common(1)
    if others:
        reason, _ = others[0]
        count = pool.turned_away.total()
        connections = "1 connection" if count == 1 else f"{count} connections"
        return f"no miner was measured; {connections} came to nothing (most often: {reason})"
    where = f"stratum+tcp://{request.address}"
    return f"no miner connected within {request.wait_s:g} s; point one at {where}, or wait longer (--wait)"
