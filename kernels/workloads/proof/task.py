"""A hash of headers on one device: walks the run's headers, keeps spans, leaves and shares."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

from ...bounded import MOST_LEAVES, MOST_SPANS
from ...device import HasRoof, KernelInfo, Roof, Scan, Scans
from ...headers.job import NONCES, PREFIX_BYTES, Job, roll_versions
from ...headers.target import share_probability, target_from_zero_bits
from ..evidence import Shares
from ..protocol import Expected, Request, Work
from .bounds import FEWEST_EXPECTED_SHARES
from .confirm import check_answer, check_in_parts, check_known_answer
from .headers import NONCE_BITS, Headers, kept_target, target_to_hex
from .ledger import Counted, Ledger
from .oracle import Oracle
from .packing import pack_ascending, pack_words
from .selftest import nonces_with_all, self_test

# While the rate is unknown: rare enough for the fastest device not to choke on shares.
REHEARSAL_TARGET = target_from_zero_bits(28)
SPOT_CHECK_NONCES = 251
# Where calibration begins, in nonces: a thousand with few prefixes, and the fewer the more each is hashed with.
SMALLEST_BATCH = 1 << 10
FEWEST_NONCES = 1 << 4
MOST_PREFIXES_AT_ONCE = 1 << 4
# No more shares than the wanted ones in so many seconds, since each costs the host some time.
SECONDS_FOR_WANTED = 12.0
# So many are looked for in what is planned, however short: a device may be slower then than while it was calibrated.
SHARES_IN_A_PLAN = 3 * FEWEST_EXPECTED_SHARES
# How many leaves a run is planned with; one that goes on for longer may fill MOST_LEAVES.
PLANNED_LEAVES = 2048
# Leaves, spans and headers that one more sample needs at most.
SPARE = 1000
# Positions of shares are counted with 63 bits: enough for a day at 100 TH/s.
LARGEST_POSITION = (1 << 63) - 1


@dataclass(frozen=True)
class _Answer:
    job: Job
    running_number: int
    nonces: range
    scan: Scan


class HashingTask:
    """See Task. A hash over the headers of one run (see `headers`); a batch is that many nonces.

    For each nonce as many prefixes are hashed as the request's parameters say.
    """

    largest_batch = NONCES

    def __init__(self, oracle: Oracle, device: Scans, request: Request) -> None:
        """Hashing on an open device, held against an oracle."""
        self._oracle = oracle
        self._device = device
        self._request = request
        self._wanted = oracle.wanted_shares if request.shares is None else request.shares
        self._prefixes = int(request.parameters.get("prefixes", 1))
        fold = max(self._prefixes // MOST_PREFIXES_AT_ONCE, 1)
        # A power of two, as every batch.
        self.smallest_batch = max(oracle.fewer(SMALLEST_BATCH) >> fold.bit_length() - 1, FEWEST_NONCES)
        self._target = REHEARSAL_TARGET
        self._expected: Expected | None = None
        self._headers: Headers | None = None
        self._ledger: Ledger | None = None
        self._job: Job | None = None
        self._running_number = 0
        self._next_nonce = 0
        self._pending: list[_Answer] = []
        self.compile_s = 0.0
        self.kernel: KernelInfo | None = None

    @property
    def is_full(self) -> bool:
        """Whether evidence of much more would no longer fit a result."""
        ledger = self._ledger
        if ledger is None:
            return False
        end = (self._running_number + SPARE) * NONCES * self._prefixes
        return ledger.leaves > MOST_LEAVES - SPARE or len(ledger.spans) > MOST_SPANS - SPARE or end > LARGEST_POSITION

    @property
    def has_enough(self) -> bool:
        """Whether so many shares are expected of what was counted that a verifier believes it (see GathersEvidence)."""
        nonces = 0 if self._ledger is None else self._ledger.nonces
        chance = share_probability(self._kept_target(nonces, self._wanted))
        return nonces * self._prefixes * chance >= FEWEST_EXPECTED_SHARES

    def self_test(self) -> None:
        """Compile and compare with the oracle on known and random headers."""
        self._note(self_test(self._oracle, self._device, self._prefixes))

    def rehearse(self, expected: Expected | None) -> None:
        """Take a random header that is none of the run's."""
        self._target = REHEARSAL_TARGET if expected is None else self._target_for(expected)
        self._expected = self._headers = None
        self._next_header(0)

    def start(self, expected: Expected) -> None:
        """Take a target that lets enough shares be found; the first header follows with the first batch's size."""
        self._target = self._target_for(expected)
        self._expected = expected
        self._headers = None

    def ready(self, batch: int) -> None:
        """Walk on to the next header when the nonces left are fewer than `batch`."""
        if self._expected is not None and self._headers is None:
            self._begin(batch, self._expected)
        if self._next_nonce + batch > NONCES:
            self._next_header(self._running_number + 1)

    def run(self, batch: int) -> Work:
        """Scan the next `batch` nonces: at once, unless a leaf ends among them."""
        assert self._job is not None
        last = self._next_nonce + batch
        seconds: list[float | None] = []
        while self._next_nonce < last:
            nonces = range(self._next_nonce, min(last, self._next_nonce + self._room()))
            scan = self._device.scan(nonces)
            self._pending.append(_Answer(self._job, self._running_number, nonces, scan))
            self._next_nonce = nonces.stop
            seconds.append(scan.device_s)
        told = [each for each in seconds if each is not None]
        return Work(batch * self._prefixes, math.fsum(told) if len(told) == len(seconds) else None)

    def count(self, sample: int) -> None:
        """Confirm every share with the oracle and keep spans, checksums and shares."""
        assert self._ledger is not None
        counted = []
        for answer in self._pending:
            values = check_answer(self._oracle, self._device.info.id, answer.job, answer.nonces, answer.scan)
            first = answer.running_number << NONCE_BITS
            shares = [
                ((first | hit.nonce) * self._prefixes + hit.prefix, value)
                for hit, value in zip(answer.scan.hits, values, strict=True)
            ]
            counted.append(Counted(first + answer.nonces.start, len(answer.nonces), answer.scan.xor_h7, shares))
        self._ledger.count(counted, sample)
        self._pending.clear()

    def drop(self) -> None:
        """Forget the scans since the last `count`; their nonces are not walked again."""
        self._pending.clear()

    def check_batch(self, batch: int) -> None:
        """Scan a batch whole and in two uneven parts."""
        assert self._job is not None
        check_in_parts(self._oracle, self._device, self._job, range(batch))

    def spot_check(self) -> None:
        """Compare a few nonces at a random place with the oracle, the fewer the more prefixes each is hashed with."""
        assert self._job is not None
        nonces = min(self._oracle.fewer(SPOT_CHECK_NONCES), nonces_with_all(self._oracle, self._prefixes))
        first = secrets.randbelow(NONCES - nonces)
        check_known_answer(self._oracle, self._device, self._job, range(first, first + nonces))

    def evidence(self, samples: int) -> Shares:
        """The shares of the first `samples` samples.

        An interrupt may come between counting a sample's hashes and keeping its time; such a sample is left out.
        """
        assert self._ledger is not None
        assert self._headers is not None
        part = self._ledger.first(samples)
        limit = self._kept_target(part.nonces, self._wanted)
        end = part.end * self._prefixes
        kept = sorted(key for key, value in self._ledger.shares if key < end and value <= limit)
        return Shares(
            target_hex=target_to_hex(self._target),
            wanted=self._wanted,
            prefixes=self._prefixes,
            leaf_nonces=self._headers.leaf_nonces,
            spans=part.spans,
            checksums=pack_words(part.checksums),
            count=len(kept),
            shares=pack_ascending(kept),
        )

    def roof(self) -> Roof | None:
        """The limit of the kernel's own operations, where the device measures it."""
        return self._device.roof() if isinstance(self._device, HasRoof) else None

    def _target_for(self, expected: Expected) -> int:
        """The target of a whole number of zero bits, as kernels test it, that lets enough shares be found."""
        seconds = max(expected.seconds, 1e-9)
        rate = expected.amount / seconds
        wanted_a_second = min(self._wanted / seconds, self._wanted / SECONDS_FOR_WANTED)
        hashes_a_share = rate / max(wanted_a_second, SHARES_IN_A_PLAN / seconds, self._oracle.shares_a_second)
        return target_from_zero_bits(max(0, min(255, math.floor(math.log2(max(hashes_a_share, 1.0))))))

    def _begin(self, batch: int, expected: Expected) -> None:
        """The run's headers, with leaves so large that there are not too many, and no smaller than a batch."""
        leaf = batch
        while expected.amount > leaf * self._prefixes * PLANNED_LEAVES:
            leaf *= 2
        request = self._request
        self._headers = Headers(
            challenge=request.challenge,
            machine=request.machine,
            device_id=self._device.info.id,
            run_id=request.run_id,
            workload=self._oracle.workload,
            target=self._target,
            wanted=self._wanted,
            prefixes=self._prefixes,
            leaf_nonces=leaf,
        )
        self._ledger = Ledger(leaf, self._wanted, self._kept_target)
        self._next_header(0)

    def _kept_target(self, nonces: int, wanted: int) -> int:
        return kept_target(self._target, nonces * self._prefixes, wanted)

    def _room(self) -> int:
        if self._headers is None or self._ledger is None:
            return NONCES
        return self._ledger.room(sum(len(answer.nonces) for answer in self._pending))

    def _next_header(self, number: int) -> None:
        prefix = secrets.token_bytes(PREFIX_BYTES) if self._headers is None else self._headers.prefix(number)
        self._running_number = number
        self._next_nonce = 0
        self._job = Job(roll_versions(prefix, self._prefixes), self._target)
        self._note(self._device.prepare(self._job))

    def _note(self, kernel: KernelInfo) -> None:
        self.kernel = kernel
        # Later jobs find the kernel compiled.
        self.compile_s = max(self.compile_s, kernel.compile_s)
