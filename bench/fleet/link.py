"""The way to a scheduler of Dask's and its workers: calls with deadlines, and a sentence for every way to fail."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ...kernels.errors import InputError, shortage_of
from ..result.printable import printable
from . import loss
from .extra import load_distributed
from .loss import LostMachine

CONNECT_S = 15.0
# For the answer to a question that takes a worker no time.
ANSWER_S = 10.0
PACKAGE = "hashwatt"


class NoAnswer(Exception):
    """A worker gave no answer to one question; it may to the next. Its argument: the shortage that kept it, or ""."""


@dataclass(frozen=True)
class Worker:
    """A worker of Dask's as its scheduler knows it."""

    address: str
    name: str


class Link:
    """A client of a scheduler. All calls are made on the event loop that opened it."""

    def __init__(self, client: Any, own_cluster: Any = None) -> None:
        """A link over a client of Dask's; `own_cluster` is closed with it."""
        self._client = client
        self._own_cluster = own_cluster

    @classmethod
    async def to(cls, address: str) -> Link:
        """The link to the scheduler at that address. Raises InputError."""
        try:
            return cls(await _client_of(address))
        except InputError:
            raise
        except Exception as error:
            # What is no scheduler makes Dask raise anything: text read as the length of a message is a MemoryError.
            raise InputError(
                f"no Dask scheduler answers at {printable(str(address), 30)} ({_short(error)}); run `dask scheduler`"
            ) from None

    @classmethod
    async def local(cls, workers: int) -> Link:
        """A scheduler and so many workers on this machine, of one thread each. Raises InputError."""
        distributed = load_distributed()
        try:
            cluster = await distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address=None,
                worker_dashboard_address=None,
                silence_logs=50,
                asynchronous=True,
                preload=["hashwatt.bench.fleet.own_group"],
            )
            return cls(await _client_of(cluster), cluster)
        except (TimeoutError, OSError, RuntimeError) as error:
            raise InputError(f"{workers} workers cannot be started here ({_short(error)}); start fewer") from None

    async def close(self) -> None:
        """Leave the scheduler; what does not close in time is left."""
        for closing in (self._client, self._own_cluster):
            if closing is not None:
                try:
                    await asyncio.wait_for(closing.close(), ANSWER_S)
                except Exception:
                    # Nothing depends on it, and a scheduler that has gone can do what it likes.
                    continue

    async def workers(self) -> list[Worker]:
        """The workers that the scheduler knows now. Raises LostMachine where there is no scheduler any more."""
        try:
            told = await asyncio.wait_for(self._client.scheduler.identity(), ANSWER_S)
        except (TimeoutError, OSError) as error:
            raise LostMachine(loss.NO_SCHEDULER) from error
        found = told["workers"].items()
        return sorted(
            (Worker(str(address), printable(str(about.get("name", address)), 200)) for address, about in found),
            key=lambda worker: (worker.name, worker.address),
        )

    async def refuse_other_versions(self, address: str) -> None:
        """Raise LostMachine where a worker has another Python or another hashwatt, or none.

        Dask is asked, which knows without importing anything there: nothing of ours need work on that side.
        """
        message = {"op": "versions", "packages": [PACKAGE]}
        answer = await self._broadcast(address, self._client.scheduler.broadcast, msg=message, on_error="return")
        if not isinstance(answer, dict):
            raise NoAnswer(_lacking(answer))
        python = ".".join(str(answer["host"]["python"]).split(".")[:2])
        here = ".".join(platform.python_version_tuple()[:2])
        if python != here:
            raise LostMachine(loss.other_python(printable(python, 40), here))
        there = answer["packages"].get(PACKAGE)
        if there is None:
            raise LostMachine(loss.NO_HASHWATT)
        if there != own_version():
            raise LostMachine(loss.other_hashwatt(printable(str(there), 40), own_version()))

    async def call(
        self, address: str, function: Callable[..., Any], *arguments: object, answer_s: float = ANSWER_S
    ) -> bytes:
        """What a function of `on_worker` answers on that worker. Raises NoAnswer, and LostMachine where it cannot."""
        answer = await self._broadcast(
            address, self._client.run, function, *arguments, on_error="return", answer_s=answer_s
        )
        if isinstance(answer, bytes):
            return answer
        shortage = _lacking(answer)
        if isinstance(answer, OSError):
            raise NoAnswer(shortage)
        if shortage:
            raise LostMachine(shortage)
        # Its own code failed there: a module that is missing, a library that is broken.
        raise LostMachine(f"hashwatt fails there ({_short(answer)}); install it anew on that machine")

    async def _broadcast(
        self, address: str, how: Callable[..., Any], *arguments: object, answer_s: float = ANSWER_S, **options: object
    ) -> object:
        """The answer of one worker, or the error that stands for it. Raises NoAnswer."""
        try:
            answers = await asyncio.wait_for(how(*arguments, workers=[address], **options), answer_s)
        except (TimeoutError, OSError, KeyError) as error:
            raise NoAnswer(_lacking(error)) from error
        answer: object = answers.get(address)
        return answer


async def _client_of(scheduler: Any) -> Any:
    """A client of Dask's that is connected; one that cannot be is closed. Raises what it meets."""
    with warnings.catch_warnings():
        # Of other versions on the other side; those that matter are told for each machine.
        warnings.simplefilter("ignore")
        client = load_distributed().Client(scheduler, asynchronous=True, set_as_default=False, timeout=CONNECT_S)
        try:
            # What is no scheduler (a web server) has Dask try for ever: its own time-out is of each try.
            await asyncio.wait_for(_connected(client), CONNECT_S + ANSWER_S)
        except BaseException:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(client.close(), ANSWER_S)
            raise
    return client


async def _connected(client: Any) -> None:
    await client


def own_version() -> str:
    """This hashwatt's version, as Dask would tell it."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "unknown"


def _lacking(answer: object) -> str:
    """What a system had no more of, where an answer is an error that says so; empty for any other."""
    return (shortage_of(answer) if isinstance(answer, BaseException) else None) or ""


def _short(error: object) -> str:
    return printable(f"{type(error).__name__}: {error}".rstrip(": "), 36)
