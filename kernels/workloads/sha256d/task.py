"""SHA-256d on one device: walks the run's headers, keeps chunks and shares."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ...bounded import MOST_CHUNKS, MOST_HEADERS
from ...device import HasRoof, KernelInfo, Roof, Scan, Scans
from ...headers.job import NONCES, PREFIX_BYTES, Job, roll_versions, rolled_prefix
from ...headers.oracle import meets
from ...headers.target import target_from_zero_bits
from ..evidence import Chunk, Header, Share, Shares
from ..protocol import Request, Work
from .claimed_ranges import ClaimedRanges
from .confirm import check_answer, check_in_parts, check_known_answer
from .headers import derive_prefix, share_target, target_to_hex
from .selftest import nonces_with_all, self_test

# While the rate is unknown: rare enough for the fastest device not to choke on shares.
REHEARSAL_TARGET = target_from_zero_bits(28)
SPOT_CHECK_NONCES = 251
# Where calibration begins, in nonces: a thousand with few prefixes, and the fewer the more each is hashed with.
SMALLEST_BATCH = 1 << 10
FEWEST_NONCES = 1 << 4
MOST_PREFIXES_AT_ONCE = 1 << 4
# Chunks and headers that one more sample needs at most.
SPARE = 1000


@dataclass(frozen=True)
class _Answer:
    job: Job
    running_number: int
    nonces: range
    scan: Scan


class HashingTask:
    """See Task. SHA-256d over the headers of one run (see `headers`); a batch is that many nonces.

    For each nonce as many prefixes are hashed as the request's parameters say.
    """

    largest_batch = NONCES

    def __init__(self, device: Scans, request: Request) -> None:
        """Hashing on an open device."""
        self._device = device
        self._challenge = request.challenge
        self._run_id = request.run_id
        self._prefixes = int(request.parameters["prefixes"])
        fold = max(self._prefixes // MOST_PREFIXES_AT_ONCE, 1)
        # A power of two, as every batch.
        self.smallest_batch = max(SMALLEST_BATCH >> fold.bit_length() - 1, FEWEST_NONCES)
        self._target = REHEARSAL_TARGET
        self._job: Job | None = None
        self._counted = False
        self._running_number = 0
        self._next_nonce = 0
        self._pending: list[_Answer] = []
        self._chunks: list[Chunk] = []
        self._shares: list[Share] = []
        self.compile_s = 0.0
        self.kernel: KernelInfo | None = None

    @property
    def is_full(self) -> bool:
        """Whether evidence of much more would no longer fit a result."""
        return len(self._chunks) > MOST_CHUNKS - SPARE or self._running_number > MOST_HEADERS - SPARE

    def self_test(self) -> None:
        """Compile and compare with hashlib on real and random headers."""
        self._note(self_test(self._device, self._prefixes))

    def rehearse(self, planned: float | None) -> None:
        """Take a random header that is none of the run's."""
        self._target = REHEARSAL_TARGET if planned is None else share_target(planned)
        self._counted = False
        self._next_header(0)

    def start(self, planned: float) -> None:
        """Take the run's first header, with a target that `planned` hashes meet about 256 times."""
        self._target = share_target(planned)
        self._counted = True
        self._next_header(0)

    def ready(self, batch: int) -> None:
        """Walk on to the next header when the nonces left are fewer than `batch`."""
        if self._next_nonce + batch > NONCES:
            self._next_header(self._running_number + 1)

    def run(self, batch: int) -> Work:
        """Scan the next `batch` nonces."""
        assert self._job is not None
        nonces = range(self._next_nonce, self._next_nonce + batch)
        scan = self._device.scan(nonces)
        self._pending.append(_Answer(self._job, self._running_number, nonces, scan))
        self._next_nonce = nonces.stop
        return Work(len(nonces) * self._prefixes, scan.device_s)

    def count(self, sample: int) -> None:
        """Confirm every share with hashlib and keep chunks and shares."""
        for answer in self._pending:
            check_answer(self._device.info.id, answer.job, answer.nonces, answer.scan)
        for answer in self._pending:
            self._keep_chunk(answer, sample)
            self._shares.extend(
                Share(running_number=answer.running_number, prefix=hit.prefix, nonce=hit.nonce)
                for hit in answer.scan.hits
            )
        self._pending.clear()

    def drop(self) -> None:
        """Forget the scans since the last `count`; their nonces are not walked again."""
        self._pending.clear()

    def check_batch(self, batch: int) -> None:
        """Scan a batch whole and in two uneven parts."""
        assert self._job is not None
        check_in_parts(self._device, self._job, range(batch))

    def spot_check(self) -> None:
        """Compare a few nonces at a random place with hashlib, the fewer the more prefixes each is hashed with."""
        assert self._job is not None
        nonces = min(SPOT_CHECK_NONCES, nonces_with_all(self._prefixes))
        first = secrets.randbelow(NONCES - nonces)
        check_known_answer(self._device, self._job, range(first, first + nonces))

    def evidence(self, samples: int) -> Shares:
        """The shares of the first `samples` samples.

        An interrupt may come between counting a sample's hashes and keeping its time; such a sample is left out.
        Its target depends on how much was hashed, never on what was found: about 256 shares, or all of fewer.
        """
        chunks = tuple(chunk for chunk in self._chunks if chunk.sample < samples)
        claimed = ClaimedRanges(chunks)
        target = min(self._target, share_target(sum(chunk.nonces for chunk in chunks) * self._prefixes))
        return Shares(
            target_hex=target_to_hex(target),
            prefixes=self._prefixes,
            headers=tuple(
                Header(running_number=number, prefix_hex=self._prefix(number).hex()) for number in claimed.by_number
            ),
            chunks=chunks,
            shares=tuple(share for share in self._shares if share in claimed and self._meets(share, target)),
        )

    def roof(self) -> Roof | None:
        """The limit of the kernel's own operations, where the device measures it."""
        return self._device.roof() if isinstance(self._device, HasRoof) else None

    def _meets(self, share: Share, target: int) -> bool:
        if target == self._target:
            return True
        return meets(rolled_prefix(self._prefix(share.running_number), share.prefix), share.nonce, target)

    def _prefix(self, number: int) -> bytes:
        return derive_prefix(self._challenge, self._device.info.id, self._run_id, number)

    def _next_header(self, number: int) -> None:
        prefix = self._prefix(number) if self._counted else secrets.token_bytes(PREFIX_BYTES)
        self._running_number = number
        self._next_nonce = 0
        self._job = Job(roll_versions(prefix, self._prefixes), self._target)
        self._note(self._device.prepare(self._job))

    def _note(self, kernel: KernelInfo) -> None:
        self.kernel = kernel
        # Later jobs find the kernel compiled.
        self.compile_s = max(self.compile_s, kernel.compile_s)

    def _keep_chunk(self, answer: _Answer, sample: int) -> None:
        new = Chunk(
            running_number=answer.running_number,
            start=answer.nonces.start,
            nonces=len(answer.nonces),
            xor_h7=answer.scan.xor_h7,
            sample=sample,
        )
        last = self._chunks[-1] if self._chunks else None
        follows = (
            last is not None
            and (last.running_number, last.sample) == (new.running_number, sample)
            and last.start + last.nonces == new.start
        )
        if last is None or not follows:
            self._chunks.append(new)
            return
        self._chunks[-1] = Chunk(
            running_number=new.running_number,
            start=last.start,
            nonces=last.nonces + new.nonces,
            xor_h7=last.xor_h7 ^ new.xor_h7,
            sample=sample,
        )
