"""Leading a run: every machine measures, is asked after each second, and in the end gives its result or a reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from ..result.fleet import Lost
from ..result.printable import printable
from . import loss, on_worker
from .lease import Lease
from .link import Link, NoAnswer
from .loss import LostMachine
from .survey import Host
from .words import Ending, Order, State, has_result

ASK_S = 1.0
# More machines are asked less often, so that the scheduler has at most so many questions a second.
MOST_QUESTIONS_PER_S = 100
# How long a worker may be silent. Dask itself gives a worker up after five minutes.
SILENT_S = 30.0
# From the interrupt until a run has ended and given what it has.
STOP_S = 30.0
# Results are as large as files.
TAKE_S = 60.0
GIVE_UP_S = 2.0

Told = Callable[[str, str], None]


@dataclass(frozen=True)
class Measured:
    """A machine's own result, unread, and when it was let go, in seconds since the run began (None: at will)."""

    host: Host
    data: bytes
    started_s: float | None
    started_within_s: float | None


@dataclass
class Leader:
    """Leads one run over a link. `told` is called with a machine's name and its new stage, on the event loop."""

    link: Link
    run_id: str
    told: Told
    silent_s: float = SILENT_S
    _stopped_s: float | None = field(default=None, init=False)
    _began_s: float = field(default=0.0, init=False)
    _lease: Lease | None = field(default=None, init=False)
    _pause_s: float = field(default=ASK_S, init=False)

    def stop(self) -> None:
        """End all machines' runs as Ctrl-C would; to be called on the event loop. A second call does nothing."""
        self._stopped_s = self._stopped_s or time.monotonic()

    async def measure(self, hosts: Sequence[Host], options: dict[str, object], together: bool) -> list[Measured | Lost]:
        """What came of each machine, in their order."""
        self._began_s = time.monotonic()
        self._lease = Lease(len(hosts)) if together else None
        self._pause_s = max(ASK_S, len(hosts) / MOST_QUESTIONS_PER_S)
        return await asyncio.gather(*(self._one(host, options) for host in hosts))

    async def _one(self, host: Host, options: dict[str, object]) -> Measured | Lost:
        awaited = _Awaited(self._lease)
        try:
            came_of_it = await self._measured(host, options, awaited)
            self.told(host.name, "done")
            return came_of_it
        except LostMachine as error:
            self.told(host.name, f"lost: {error}")
            await self._give_up(host)
            return host.lost(printable(str(error)))
        finally:
            awaited.no_more()

    async def _measured(self, host: Host, options: dict[str, object], awaited: _Awaited) -> Measured:
        order = Order(run_id=self.run_id, trial=host.trial, together=self._lease is not None, options=options)
        refused = await self._start(host, msgspec.json.encode(order))
        if refused:
            raise LostMachine(refused)
        started_s = within_s = None
        stop_told = False
        heard_s = time.monotonic()
        shown = ""
        while True:
            await asyncio.sleep(self._pause_s)
            try:
                if self._stopped_s is not None and not stop_told:
                    await self.link.call(host.address, on_worker.stop, self.run_id)
                    stop_told = True
                state = msgspec.json.decode(await self.link.call(host.address, on_worker.poll, self.run_id), type=State)
                heard_s = time.monotonic()
            except NoAnswer as error:
                await self._refuse_to_wait(host, heard_s, error)
                continue
            except msgspec.MsgspecError:
                raise LostMachine(loss.not_understood("answer")) from None
            if not state.known:
                raise LostMachine(loss.RESTARTED)
            if state.stage != shown:
                shown = state.stage
                self.told(host.name, shown)
            if state.over:
                return Measured(host, await self._result(host), started_s, within_s)
            if state.ready and started_s is None and self._lease is not None and not stop_told:
                started_s, within_s = await self._let_go(host, self._lease, awaited)
            if self._stopped_s is not None and time.monotonic() - self._stopped_s > STOP_S:
                raise LostMachine(loss.NOT_ENDED)

    async def _start(self, host: Host, order: bytes) -> str:
        try:
            return (await self.link.call(host.address, on_worker.start, self.run_id, order)).decode(errors="replace")
        except NoAnswer as error:
            await self._refuse_to_wait(host, time.monotonic() - self.silent_s, error)
            raise

    async def _refuse_to_wait(self, host: Host, heard_s: float, error: NoAnswer) -> None:
        """Raise LostMachine for a worker that has gone, or was silent for too long."""
        if all(worker.address != host.address for worker in await self.link.workers()):
            raise LostMachine(loss.GONE)
        silent_s = time.monotonic() - heard_s
        if silent_s >= self.silent_s:
            raise LostMachine(loss.silent(silent_s, str(error)))

    async def _let_go(self, host: Host, lease: Lease, awaited: _Awaited) -> tuple[float, float]:
        """Wait for the others, and let it go; when that is, and how exact."""
        self.told(host.name, "ready, and waiting for the others")
        if not await self._are_ready(host, lease, awaited):
            return time.monotonic() - self._began_s, 0.0
        assert lease.start_s is not None
        asked_s = time.monotonic()
        try:
            await self.link.call(host.address, on_worker.go, self.run_id, max(0.0, lease.start_s - asked_s))
        except NoAnswer:
            raise LostMachine(loss.NOT_LET_GO) from None
        heard_s = time.monotonic()
        if heard_s > lease.start_s:
            # It may have begun later than the others, by nobody knows how much.
            raise LostMachine(loss.NOT_LET_GO)
        return lease.start_s - self._began_s, heard_s - asked_s

    async def _are_ready(self, host: Host, lease: Lease, awaited: _Awaited) -> bool:
        """Wait until all machines are, asking after this one meanwhile; False where the run was stopped before."""
        waiting = asyncio.ensure_future(lease.ready())
        awaited.is_counted = True
        heard_s = time.monotonic()
        try:
            while not waiting.done():
                await asyncio.wait([waiting], timeout=self._pause_s)
                if self._stopped_s is not None:
                    return False
                if not waiting.done():
                    try:
                        await self.link.call(host.address, on_worker.poll, self.run_id)
                        heard_s = time.monotonic()
                    except NoAnswer as error:
                        await self._refuse_to_wait(host, heard_s, error)
            waiting.result()
            return True
        finally:
            waiting.cancel()

    async def _give_up(self, host: Host) -> None:
        """Let it end what nobody will ask for, as far as it still hears."""
        try:
            await self.link.call(host.address, on_worker.take, self.run_id, answer_s=GIVE_UP_S)
        except (NoAnswer, LostMachine):
            return

    async def _result(self, host: Host) -> bytes:
        try:
            data = await self.link.call(host.address, on_worker.take, self.run_id, answer_s=TAKE_S)
            ending = msgspec.json.decode(data, type=Ending)
        except NoAnswer as error:
            await self._refuse_to_wait(host, time.monotonic() - self.silent_s, error)
            raise LostMachine(loss.silent(TAKE_S, str(error))) from None
        except msgspec.MsgspecError:
            raise LostMachine(loss.not_understood("result")) from None
        if not has_result(ending):
            raise LostMachine(printable(ending.failed) or loss.not_understood("result"))
        return bytes(ending.result)


@dataclass
class _Awaited:
    """Whether the others still wait for a machine: one that ends in any way before it is ready leaves the lease."""

    lease: Lease | None
    is_counted: bool = False

    def no_more(self) -> None:
        if self.lease is not None and not self.is_counted:
            self.lease.leave()
