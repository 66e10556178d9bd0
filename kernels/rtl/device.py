"""The core of `core.py` as a device, simulated: it proves the hardware, and its hashrate is the simulator's."""

from __future__ import annotations

import re
import time

import numpy as np

from ..device import DeviceInfo, DeviceOptions, Hit, KernelInfo, Scan
from ..errors import DeviceError, InputError, WrongResult
from ..headers.job import NONCES, Job, header_with_nonce
from ..headers.oracle import hash_value, last_word, sha256d
from ..headers.target import filter_mask
from .job import core_job
from .shape import Shape
from .simulate import SimulatedCore, simulate, source_digest

# Between two of these Ctrl-C is noticed.
RESULTS_A_CALL = 2048
# Plain adders are what the simulator runs fastest.
DEFAULT = Shape(1, adder="ripple")


class SimulatedDevice:
    """A core in a simulator. `options.kernel` is `s` and the number of stages: `s1`, `s8`."""

    def __init__(self, info: DeviceInfo, options: DeviceOptions) -> None:
        """Nothing is built before `prepare`. Raises InputError for a kernel that there is not."""
        self.info = info
        self._shape = shape_named(options.kernel) if options.kernel else DEFAULT
        self._core: SimulatedCore | None = None
        self._job: Job | None = None
        self._closed = False
        self._build_s = 0.0

    def prepare(self, job: Job) -> KernelInfo:
        """See Scans."""
        if self._closed:
            raise DeviceError(f"{self.info.id} is closed; open it again")
        if self._core is None:
            started_s = time.perf_counter()
            self._core = simulate(self._shape)
            self._build_s = time.perf_counter() - started_s
        self._job = job
        return KernelInfo(
            name=f"rtl-s{self._shape.stages}",
            prefixes=len(job.prefixes),
            tuning={"stages": self._shape.stages, "clocks_per_hash": self._shape.passes, "simulator": "CXXRTL"},
            compile_s=self._build_s,
            source_sha256=source_digest(self._shape),
        )

    def scan(self, nonces: range) -> Scan:
        """See Scans."""
        if self._closed or self._core is None or self._job is None:
            raise DeviceError(f"{self.info.id} has no job; {'open it again' if self._closed else 'call prepare first'}")
        if nonces.step != 1 or not 0 <= nonces.start <= nonces.stop <= NONCES:
            raise DeviceError(f"{self.info.id} scans ranges within 0…2³²−1 with step 1, not {nonces!r:.80}")
        hits: list[Hit] = []
        xor_h7 = 0
        for prefix in range(len(self._job.prefixes) if nonces else 0):
            self._core.load(core_job(self._shape, self._job, prefix, nonces.start))
            for start in range(nonces.start, nonces.stop, RESULTS_A_CALL):
                piece = range(start, min(start + RESULTS_A_CALL, nonces.stop))
                xor_h7 ^= self._scan_piece(self._core, self._job, prefix, piece, hits)
        return Scan(tuple(hits), len(self._job.prefixes) * len(nonces), xor_h7)

    def close(self) -> None:
        """See Scans."""
        if self._core is not None:
            self._core.close()
        self._core = self._job = None
        self._closed = True

    def _scan_piece(self, core: SimulatedCore, job: Job, prefix: int, piece: range, hits: list[Hit]) -> int:
        """The core's next results, which must be those of `piece`; answers with the XOR of their last words."""
        results = core.results(len(piece))
        if not np.array_equal(results.nonces, np.arange(piece.start, piece.stop, dtype=np.uint64)):
            raise WrongResult(f"{self.info.id} lost count of its nonces after {piece.start}; please report it")
        last_words = results.digests[:, 0]
        for index in np.flatnonzero(last_words & np.uint32(filter_mask(job.target)) == 0):
            digest = sha256d(header_with_nonce(job.prefixes[prefix], piece[index]))
            if last_word(digest) != last_words[index]:
                raise WrongResult(f"{self.info.id} gave a wrong last word for nonce {piece[index]}; please report it")
            if hash_value(digest) <= job.target:
                hits.append(Hit(prefix, piece[index]))
        return int(np.bitwise_xor.reduce(last_words))


def shape_named(kernel: str) -> Shape:
    """The shape that a kernel's name asks for. Raises InputError."""
    match = re.fullmatch(r"(?:rtl-)?s([0-9]{1,2})", kernel)
    if match is None:
        raise InputError(f"the simulated core has no kernel {kernel!r:.80}; it has s1 to s61, the number of its stages")
    return Shape(int(match.group(1)), adder=DEFAULT.adder)
