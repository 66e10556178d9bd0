"""Hashing counted nonces again: whole leaves by their checksum, or places of any size by the shares in them.

A place that nobody hashed holds shares that are not stored, about as many as any other. So a place tells as much as a
leaf of the size at which one share is expected, wherever it is drawn: the smaller the places, the more of them fit
into the same effort. They are drawn by amount: each counted nonce is as likely as any other.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence

import numpy as np

from ...device import Hit, Scans
from ...headers.job import Job, roll_versions
from ...headers.target import share_probability
from ..evidence import Claim, Finding, Shares
from .headers import NONCE_BITS, Headers, kept_target
from .oracle import Oracle
from .packing import Numbers, unpack_ascending, unpack_words
from .steps import scan_in_steps
from .walk import Place, Walk

# A place holds about so many shares: smaller ones show less each, larger ones are fewer...
SHARES_A_PLACE = 1.0
# ...but no fewer hashes than are worth a call of the device.
FEWEST_HASHES = 1 << 17
SURE = 0.999
A_TENTH = 0.1


class Again:
    """Evidence that holds (see `verify`), and a device to hash parts of it with again."""

    def __init__(
        self, oracle: Oracle, evidence: Shares, claim: Claim, device: Scans, advance: Callable[[int], None]
    ) -> None:
        """Nothing is hashed yet; `advance` is told the amounts as they are done."""
        self._oracle = oracle
        self._evidence = evidence
        self._headers = Headers.of(evidence, claim)
        self._walk = Walk(evidence)
        self._device = device
        self._advance = advance
        hashes = self._walk.nonces * evidence.prefixes
        self._target = kept_target(self._headers.target, hashes, evidence.wanted)
        self._keys = unpack_ascending(evidence.shares, self._walk.end * evidence.prefixes - 1)

    def leaves(self, count: int) -> list[Finding]:
        """Hash `count` leaves, chosen beyond anyone's foresight, again: two findings for each."""
        checksums = unpack_words(self._evidence.checksums)
        chosen = secrets.SystemRandom().sample(range(len(checksums)), min(count, len(checksums)))
        return [finding for leaf in sorted(chosen) for finding in self._leaf(leaf, checksums[leaf])]

    def for_about(self, effort_s: float) -> list[Finding]:
        """Hash places for so many seconds of this process's CPU time: one finding."""
        size = self._place_nonces()
        # Compiling the kernel is no part of the effort.
        self._prepare(0)
        self._device.scan(range(1))
        began_s = time.process_time()
        done = 0
        while not done or time.process_time() - began_s < effort_s:
            # What runs past the end goes on at the beginning: so each nonce is as likely as any other.
            first = secrets.randbelow(self._walk.nonces)
            beyond = max(0, first + size - self._walk.nonces)
            for place in (*self._walk.places(first, size), *self._walk.places(0, beyond)):
                missing, foreign, _ = self._compared(place)
                if missing or foreign:
                    fault = (
                        f"{place} hold {missing} shares that are not stored, and {foreign} of those stored are not "
                        "among them: they were not hashed"
                    )
                    return [Finding(code="audit", ok=False, sentence=fault)]
            done += 1
        return [Finding(code="audit", ok=True, sentence=self._says(done, size))]

    def _place_nonces(self) -> int:
        per_nonce = self._evidence.prefixes
        hashes = max(self._oracle.fewer(FEWEST_HASHES), SHARES_A_PLACE / share_probability(self._target))
        return max(1, min(self._walk.nonces, math.ceil(hashes / per_nonce)))

    def _says(self, places: int, size: int) -> str:
        hashes = size * self._evidence.prefixes
        # The chance that one place, drawn where nothing was hashed, shows it.
        shown = -math.expm1(-hashes * share_probability(self._target))
        told = f"{places:,} drawn places ({places * hashes:,} hashed again) hold the stored shares alone"
        smallest = (1 - (1 - SURE) ** (1 / places)) / shown
        if smallest <= A_TENTH:
            return f"{told}; {_share_text(smallest)} unhashed would show with 99.9 %"
        found = 1 - (1 - A_TENTH * shown) ** places
        return f"{told}; a tenth unhashed would show with {100 * found:.3g} %"

    def _leaf(self, leaf: int, stored: int) -> Sequence[Finding]:
        checksum = missing = foreign = hashed = 0
        size = self._evidence.leaf_nonces
        for place in self._walk.places(leaf * size, size):
            more_missing, more_foreign, xor_h7 = self._compared(place)
            checksum ^= xor_h7
            missing, foreign, hashed = missing + more_missing, foreign + more_foreign, hashed + len(place.nonces)
        same, alike = checksum == stored, not missing and not foreign
        name = f"leaf {leaf} ({hashed * self._evidence.prefixes:,} hashes)"
        return [
            Finding(
                code="checksum",
                ok=same,
                sentence=f"{name} gives the stored checksum"
                if same
                else f"{name} gives the checksum {checksum:#010x}, not the stored {stored:#010x}",
            ),
            Finding(
                code="recomputed_shares",
                ok=alike,
                sentence=f"{name} holds the stored shares and no other"
                if alike
                else f"{name} holds {missing} shares that are not stored, and {foreign} of those stored are not in it",
            ),
        ]

    def _compared(self, place: Place) -> tuple[int, int, int]:
        """How many shares are missing among those stored, how many of those are none, and the XOR of all H7."""
        job = self._prepare(place.running_number)
        checksum = 0
        found: set[Hit] = set()
        for step in scan_in_steps(self._oracle, self._device, job, place.nonces):
            checksum ^= step.scan.xor_h7
            found.update(step.scan.hits)
            self._advance(step.scan.hashes)
        stored = self._stored(place)
        return len(found - stored), len(stored - found), checksum

    def _prepare(self, running_number: int) -> Job:
        # The harder target: nothing is reported that is not to be stored.
        job = Job(roll_versions(self._headers.prefix(running_number), self._evidence.prefixes), self._target)
        self._device.prepare(job)
        return job

    def _stored(self, place: Place) -> set[Hit]:
        prefixes = self._evidence.prefixes
        first = place.running_number << NONCE_BITS
        low, high = ((first + nonce) * prefixes for nonce in (place.nonces.start, place.nonces.stop))
        within: Numbers = self._keys[
            np.searchsorted(self._keys, np.uint64(low)) : np.searchsorted(self._keys, np.uint64(high))
        ]
        return {Hit(key % prefixes, key // prefixes - first) for key in within.tolist()}


def _share_text(share: float) -> str:
    """A part of the work: "a tenth", or as a percentage."""
    return "a tenth" if share > 0.095 else f"{100 * share:.2g} %"
