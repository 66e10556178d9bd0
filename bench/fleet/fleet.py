"""`Fleet`: many trusted machines behind a scheduler of Dask's, measured as one."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from inspect import signature
from types import TracebackType
from typing import Any, Protocol, TypeVar

import msgspec

from ...kernels.bounded import MOST_SHARES
from ...kernels.errors import CheckFailed, InputError
from ..anchors.challenge import checked_challenge, get_beacon, with_beacon
from ..api import run as run_here
from ..interrupts import Deferred, interruptible, pending
from ..machine.describe import hashwatt_version
from ..result.fleet import Lost
from ..result.model import Result
from ..result.printable import checked_text, printable
from . import loss, on_worker
from .extra import load_distributed
from .leader import SILENT_S, Leader, Measured
from .link import Link, NoAnswer
from .loss import LostMachine
from .merge import Frame, Mine, merged, own_result
from .survey import Host, Survey, survey

Answer = TypeVar("Answer")
SLICE_S = 0.1
MOST_LOCAL = 64
# What a result may hold of all machines' shares, so that a file of a thousand machines can still be read.
MOST_SHARES_IN_ALL = 4_000_000
# What a machine's own run can be asked for, but for what the fleet gives it.
OPTIONS = frozenset(signature(run_here).parameters) - {"device_ids", "challenge", "beacon", "note", "progress"}
# For a listing of devices, which a broken driver may hold up.
LIST_S = 75.0


class FleetProgress(Protocol):
    """Receives how far a fleet's machines are, always from the thread that called."""

    def begin(self, machines: int, lost: int) -> None:
        """So many machines are about to measure; so many of those asked cannot."""
        ...

    def told(self, machine: str, stage: str) -> None:
        """A machine is at a new stage; the last one is "done" or begins with "lost"."""
        ...

    def done(self) -> None:
        """All are through; called once, also after a failure."""
        ...


class Silent:
    """Shows nothing."""

    def begin(self, machines: int, lost: int) -> None:
        """Nothing."""

    def told(self, machine: str, stage: str) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What `hashwatt devices` or `hashwatt meters` tells of each machine, and which machines could not be asked."""

    machines: tuple[tuple[Host, dict[str, Any]], ...]
    lost: tuple[Lost, ...]


class Fleet:
    """Trusted machines behind a scheduler of Dask's: `with hashwatt.Fleet("tcp://head:8786") as fleet: fleet.run()`.

    `scheduler` is its address, or any cluster of Dask's (`SLURMCluster`, `KubeCluster` …), whose scheduler is taken.
    `local` instead starts so many workers on this machine: a trial, whose workers stand for machines and are never
    totalled. Needs the extra `fleet`. Raises InputError where Dask is missing or no scheduler answers.
    """

    def __init__(self, scheduler: object = None, *, local: int | None = None) -> None:
        """Nothing is connected before the `with` block is entered."""
        if (scheduler is None) == (local is None):
            raise InputError("a fleet is either a scheduler's address, like tcp://head:8786, or so many local workers")
        if local is not None and not 1 <= local <= MOST_LOCAL:
            raise InputError(f"a trial has 1 to {MOST_LOCAL} local workers, not {local}; give --local 2")
        load_distributed()
        self._address = str(getattr(scheduler, "scheduler_address", scheduler))
        self._local = local
        self._loop: asyncio.AbstractEventLoop | None = None
        self._link: Link | None = None

    def __enter__(self) -> Fleet:
        """Connect. Raises InputError."""
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="fleet", daemon=True).start()
        try:
            to = Link.to(self._address) if self._local is None else Link.local(self._local)
            self._link = interruptible(partial(self._wait, to))
        except BaseException:
            self._stop_loop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the scheduler and its workers as they were."""
        if self._link is not None:
            with Deferred():
                self._wait(self._link.close())
        self._stop_loop()

    def machines(self) -> Survey:
        """The machines that can take part, and which cannot, with the reasons."""
        return interruptible(partial(self._wait, self._survey()))

    def devices(self) -> Listing:
        """The devices of every machine, as `hashwatt devices --json` tells them there."""
        return interruptible(partial(self._wait, self._list("devices")))

    def meters(self) -> Listing:
        """The energy meters of every machine, as `hashwatt meters --json` tells them there."""
        return interruptible(partial(self._wait, self._list("meters")))

    def run(
        self,
        device_ids: Sequence[str] | None = None,
        *,
        together: bool = False,
        challenge: str | None = None,
        beacon: str | None = None,
        note: str | None = None,
        progress: FleetProgress | None = None,
        silent_s: float = SILENT_S,
        **options: object,
    ) -> Result:
        """The same measurement on every machine, as one result with all machines and devices.

        `options` are those of `hashwatt.run`, and mean the same on each machine; `devices_together` stands for its
        `together`, for here `together` lets all machines take their first sample at the same moment. `challenge` and
        `beacon` are everybody's. A worker that is silent for `silent_s` seconds is lost. What a machine has not
        finished counts nothing; `result.fleet.lost` tells which gave nothing, and why.

        Ctrl-C (KeyboardInterrupt) ends all machines' runs, and keeps what they have. Raises InputError for what cannot
        be asked, CheckFailed where no machine gave a result, KeyboardInterrupt where none had begun.
        """
        asked = _asked(device_ids, options)
        given = secrets.token_hex(16) if challenge is None else checked_challenge(challenge)
        value = None if beacon is None else interruptible(partial(get_beacon, beacon))
        frame = Frame(
            run_id=secrets.token_hex(16),
            created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            hashwatt_version=hashwatt_version(),
            challenge=with_beacon(given, value),
            note=None if note is None else checked_text(note, "note"),
            beacon=value,
            trial=self._local is not None,
            together=together,
        )
        shown = progress or Silent()
        with Deferred():
            found = self.machines()
            if not found.hosts:
                raise CheckFailed(_nobody(found.lost))
            if "shares" not in asked:
                _thin_out(asked, len(found.hosts))
            try:
                shown.begin(len(found.hosts), len(found.lost))
                came = self._led(found.hosts, asked | {"challenge": frame.challenge}, frame, shown, silent_s)
            finally:
                shown.done()
            parts, lost = _sorted(came, frame)
            if not parts:
                raise CheckFailed(_nobody((*found.lost, *lost)))
            return merged(parts, (*found.lost, *lost), frame)

    def _led(
        self, hosts: Sequence[Host], options: dict[str, object], frame: Frame, shown: FleetProgress, silent_s: float
    ) -> list[Measured | Lost]:
        """What came of each machine; an interrupt meanwhile ends all their runs."""
        assert self._loop is not None
        heard: list[tuple[str, str]] = []
        leader = Leader(self._connected(), frame.run_id, lambda name, stage: heard.append((name, stage)), silent_s)
        future = asyncio.run_coroutine_threadsafe(leader.measure(hosts, options, frame.together), self._loop)
        while not future.done():
            _look(future)
            while heard:
                shown.told(*heard.pop(0))
            if pending():
                self._loop.call_soon_threadsafe(leader.stop)
        while heard:
            shown.told(*heard.pop(0))
        return future.result()

    async def _survey(self) -> Survey:
        try:
            found = await survey(self._connected(), self._local is not None)
        except LostMachine as error:
            raise CheckFailed(str(error)) from None
        if not found.hosts and not found.lost:
            raise CheckFailed(
                f"the scheduler {printable(self._address, 40)} has no workers; start `dask worker` on each"
            )
        return found

    async def _list(self, command: str) -> Listing:
        found = await self._survey()
        answers = await asyncio.gather(*(self._listed(host, command) for host in found.hosts))
        return Listing(
            machines=tuple(
                (host, answer) for host, answer in zip(found.hosts, answers, strict=True) if isinstance(answer, dict)
            ),
            lost=(*found.lost, *(answer for answer in answers if isinstance(answer, Lost))),
        )

    async def _listed(self, host: Host, command: str) -> dict[str, Any] | Lost:
        try:
            answer = await self._connected().call(host.address, on_worker.ask, command, answer_s=LIST_S)
            return msgspec.json.decode(answer, type=dict[str, Any])
        except NoAnswer as error:
            return host.lost(loss.silent(LIST_S, str(error)))
        except LostMachine as error:
            return host.lost(str(error))
        except msgspec.MsgspecError:
            return host.lost(f"`hashwatt {command}` printed nothing there; run it on that machine")

    def _connected(self) -> Link:
        if self._link is None:
            raise InputError("the fleet is not connected; use it in a `with` block")
        return self._link

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """What comes of it. Raises KeyboardInterrupt where that is waited for."""
        if self._loop is None:
            work.close()
            raise InputError("the fleet is not connected; use it in a `with` block")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while not future.done():
                _look(future)
        except KeyboardInterrupt:
            future.cancel()
            raise
        return future.result()

    def _stop_loop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None


def _look(future: Future[Any]) -> None:
    """Wait a little: in slices, so that signals come through everywhere."""
    try:
        future.exception(SLICE_S)
    except TimeoutError:
        return


def _asked(device_ids: Sequence[str] | None, options: dict[str, object]) -> dict[str, object]:
    """The options of a machine's own run. Raises InputError for what cannot be sent to one."""
    asked = dict(options)
    if "devices_together" in asked:
        asked["together"] = asked.pop("devices_together")
    for name in asked:
        # Else every machine would be lost to it, after minutes, by a mistake that is nobody's but the caller's.
        if name not in OPTIONS:
            raise InputError(f"a run has no option {name!r:.40}; give those of hashwatt.run")
    if device_ids is not None:
        asked["device_ids"] = list(device_ids)
    asked = {name: value for name, value in asked.items() if value is not None}
    try:
        msgspec.json.encode(asked)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"an option cannot be sent to other machines ({printable(str(error), 60)})") from None
    return asked


def _thin_out(asked: dict[str, object], machines: int) -> None:
    """Of very many machines keep fewer shares each, so that their file can be read; whoever gave a number has it."""
    each = MOST_SHARES_IN_ALL // machines
    if each < min(10_000, MOST_SHARES):
        asked["shares"] = max(300, each)


def _sorted(came: Sequence[Measured | Lost], frame: Frame) -> tuple[list[Mine], list[Lost]]:
    """The results that are what they should be, and all machines that gave none."""
    parts: list[Mine] = []
    lost: list[Lost] = []
    for one in came:
        if isinstance(one, Lost):
            lost.append(one)
            continue
        try:
            parts.append(own_result(one, frame))
        except LostMachine as error:
            lost.append(one.host.lost(printable(str(error))))
    return parts, lost


def _nobody(lost: Sequence[Lost]) -> str:
    first = lost[0]
    more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
    return f"no machine was measured: {first.name}: {first.reason}{more}"
