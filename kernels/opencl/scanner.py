"""A range of nonces, scanned launch by launch, and every record held against hashlib."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..device import DeviceInfo, Hit
from ..errors import WrongResult
from ..headers.job import Job, header_with_nonce
from ..headers.oracle import hash_value, sha256d
from ..headers.target import HASH_BITS, filter_mask
from .program import Built
from .setting import Pace, Tuning
from .slot import Answer, Question, Slot

WORD_BITS = 32


def zero_bits_tested(target: int) -> int:
    """How many leading zero bits a hash value must have to be worth a record: those of the target, at most 32."""
    return min(HASH_BITS - target.bit_length(), WORD_BITS)


@dataclass
class Tally:
    """What a scan has found so far."""

    hits: list[Hit] = field(default_factory=list)
    nonces: int = 0
    xor_h7: int = 0
    event_s: float = 0.0
    host_s: float = 0.0


class Scanner:
    """A compiled kernel with a job: scans ranges for any target.

    `slots`: for launches of this kernel with this job; `room`: records that the buffer of each holds.
    """

    def __init__(self, built: Built, tuning: Tuning, pace: Pace, job: Job, slots: Sequence[Slot], room: int) -> None:
        self.built = built
        self.tuning = tuning
        self.pace = pace
        self.job = job
        self.slots = slots
        self._room = room

    def scan(self, nonces: range, target: int, info: DeviceInfo) -> Tally:
        """Hash every prefix with every nonce. Raises WrongResult, which names the device."""
        zero_bits = zero_bits_tested(target)
        mask = filter_mask(target)
        most = max(self._nonces_for_the_buffer(zero_bits), 1)
        tally = Tally()
        left = deque([nonces] if nonces else [])
        free = deque(self.slots)
        busy: deque[Slot] = deque()
        through = time.perf_counter()
        while left or busy:
            while left and free:
                piece = left.popleft()
                size = min(self.pace.nonces(self.tuning, len(self.job.prefixes)), most)
                if len(piece) > size:
                    left.appendleft(piece[size:])
                slot = free.popleft()
                slot.launch(self.tuning, self._question(piece[:size], mask, zero_bits))
                busy.append(slot)
            slot = busy.popleft()
            answer = slot.answer(through)
            through = time.perf_counter()
            free.append(slot)
            if answer.records is None:
                # More passed than the buffer holds: hash both halves again, with a buffer each.
                half = len(answer.nonces) // 2
                left.extendleft((answer.nonces[half:], answer.nonces[:half]))
            else:
                self._count(tally, answer, answer.records, target, zero_bits, info)
        tally.hits.sort()
        return tally

    def launch_once(self, nonces: range, target: int) -> Answer:
        """One launch by itself, for timing; its records are not looked at."""
        slot = self.slots[0]
        slot.launch(self.tuning, self._question(nonces, filter_mask(target), zero_bits_tested(target)))
        return slot.answer()

    def _question(self, nonces: range, mask: int, zero_bits: int) -> Question:
        return Question(nonces, mask, math.ldexp(len(nonces) * len(self.job.prefixes), -zero_bits))

    def _nonces_for_the_buffer(self, zero_bits: int) -> int:
        # Twice the expected number of records fits: an overflow is rare then.
        return (self._room << zero_bits) // (2 * len(self.job.prefixes))

    def _count(
        self,
        tally: Tally,
        answer: Answer,
        records: list[tuple[int, int]],
        target: int,
        zero_bits: int,
        info: DeviceInfo,
    ) -> None:
        tally.nonces += len(answer.nonces)
        tally.xor_h7 ^= answer.xor_h7
        tally.event_s += answer.event_s
        tally.host_s += answer.host_s
        self.pace.observe(len(answer.nonces) * len(self.job.prefixes), answer.host_s)
        tally.hits.extend(self._confirmed(answer.nonces, records, target, zero_bits, info))

    def _confirmed(
        self, nonces: range, records: list[tuple[int, int]], target: int, zero_bits: int, info: DeviceInfo
    ) -> Iterable[Hit]:
        if len(set(records)) != len(records):
            raise WrongResult(f"{info.id} reported a nonce twice; {info.remedy}")
        limit = (1 << (HASH_BITS - zero_bits)) - 1
        for prefix, nonce in records:
            if nonce not in nonces or prefix >= len(self.job.prefixes):
                raise WrongResult(f"{info.id} reported nonce {nonce}, which it was not given; {info.remedy}")
            value = hash_value(sha256d(header_with_nonce(self.job.prefixes[prefix], nonce)))
            if value > limit:
                raise WrongResult(
                    f"{info.id} reported nonce {nonce}, whose hash by hashlib has fewer than {zero_bits} leading zero "
                    f"bits; {info.remedy}"
                )
            if value <= target:
                yield Hit(prefix, nonce)
