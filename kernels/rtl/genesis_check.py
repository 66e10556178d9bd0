"""The check that every form of a core must pass: hash around the genesis block's nonce like hashlib, and find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..errors import DeviceError, WrongResult
from ..headers.genesis import GENESIS_HEADER, GENESIS_NONCE
from ..headers.job import Job, header_with_nonce
from ..headers.oracle import last_word, sha256d
from .job import core_job
from .shape import Shape

SPARE_CLOCKS = 8


class Clocked(Protocol):
    """A simulated netlist with a core's ports."""

    def set(self, port: str, number: int) -> None:
        """Give an input port a value."""
        ...

    def get(self, port: str) -> int:
        """An output port's value."""
        ...

    def clock(self) -> None:
        """One clock."""
        ...


def finds_genesis(shape: Shape, simulator: Clocked, hashes: int = 3) -> None:
    """Hash `hashes` nonces, the genesis block's in the middle. Raises WrongResult, DeviceError."""
    first = GENESIS_NONCE - hashes // 2
    job = Job.of_header(GENESIS_HEADER, 1)
    start_core(simulator, core_job(shape, job, 0, first))
    results = 0
    for _ in range((hashes + 2) * shape.passes + 2 * shape.rounds + SPARE_CLOCKS):
        if simulator.get("done"):
            check_result(job, simulator, first + results)
            results += 1
            if results == hashes:
                return
        simulator.clock()
    raise DeviceError(f"the netlist gave {results} of {hashes} results; please report it")


def start_core(simulator: Clocked, words: Sequence[int]) -> None:
    """Reset a core, shift a job in and let it run."""
    simulator.set("rst", 1)
    simulator.clock()
    simulator.set("rst", 0)
    simulator.set("job_shift", 1)
    for word in words:
        simulator.set("job_word", word)
        simulator.clock()
    simulator.set("job_shift", 0)
    simulator.clock()
    simulator.set("run", 1)
    simulator.clock()


def check_result(job: Job, simulator: Clocked, nonce: int) -> None:
    """Hold a result against hashlib. Raises WrongResult."""
    word = last_word(sha256d(header_with_nonce(job.prefixes[0], nonce)))
    expected = (nonce, word, int(word == 0))
    answer = (simulator.get("result_nonce"), simulator.get("digest"), simulator.get("found"))
    if answer != expected:
        raise WrongResult(
            f"the netlist answers {answer}, hashlib {expected} (nonce, last word, found); please report it"
        )
