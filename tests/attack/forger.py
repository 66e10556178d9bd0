"""A forger with the best tools there are: ours. Hashes some of what is claimed, and makes the rest look right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace

from hashwatt.bench.rates import counted_samples, rate_per_cpu_s, stated_rate
from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import claim_of
from hashwatt.kernels.headers.job import NONCES
from hashwatt.kernels.headers.many import digests_of, headers_of, meet
from hashwatt.kernels.workloads.evidence import Shares, Span
from hashwatt.kernels.workloads.proof.headers import Headers, share_target, target_to_hex
from hashwatt.kernels.workloads.proof.packing import pack_ascending, pack_words

LEAVES = 512


def forged(
    result: Result,
    claimed: int,
    hashed: Callable[[int], bool] = lambda _: True,
    *,
    wanted: int = 10_000,
    target: int | None = None,
    spans: Sequence[tuple[int, int]] | None = None,
    seed: int = 1,
) -> Result:
    """The result of one device, claiming so many hashes in the seconds that it states.

    Only leaves for whose number `hashed` says so are really hashed; the others get an invented checksum and no shares.
    `target` is chosen before anything is hashed (None: such that `wanted` shares are expected of the claim). `spans`:
    starts and lengths of what is claimed (None: all in one).
    """
    entry = result.results[0]
    claimed_spans = [(0, claimed)] if spans is None else spans
    claimed = sum(length for _, length in claimed_spans)
    leaf_nonces = -(-claimed // LEAVES)
    chosen = share_target(claimed, wanted) if target is None else target
    evidence = Shares(
        target_hex=target_to_hex(chosen),
        wanted=wanted,
        prefixes=1,
        leaf_nonces=leaf_nonces,
        spans=tuple(Span(start=start, nonces=length) for start, length in claimed_spans),
        checksums="",
        count=0,
        shares="",
    )
    headers = Headers.of(evidence, claim_of(entry, result.challenge, result.run_id))
    positions = np.concatenate([np.arange(start, start + length, dtype=np.uint64) for start, length in claimed_spans])
    invented = random.Random(seed)
    keys: list[int] = []
    checksums = []
    kept = min(chosen, share_target(claimed, wanted))
    for leaf in range(-(-claimed // leaf_nonces)):
        if hashed(leaf):
            found, checksum = _hash(headers, positions[leaf * leaf_nonces : (leaf + 1) * leaf_nonces], kept)
            keys.extend(found)
            checksums.append(checksum)
        else:
            checksums.append(invented.getrandbits(32))
    packed = replace(evidence, count=len(keys), shares=pack_ascending(keys), checksums=pack_words(checksums))
    return replace(result, results=(claiming(replace(entry, evidence=packed), claimed), *result.results[1:]))


def claiming(entry: Measurement, amount: int) -> Measurement:
    """The record with all its figures as they follow from another amount of work in the same time."""
    samples = counted_samples(entry)
    each, rest = divmod(amount, len(samples))
    changed = [replace(one, amount=each + (index < rest)) for index, one in enumerate(samples)]
    return refigured(replace(entry, rounds=(replace(entry.rounds[0], samples=tuple(changed)),), amount=amount))


def refigured(entry: Measurement, written_as: int = 2) -> Measurement:
    """The record with rate, interval, sums and share of the roof as its samples give them."""
    samples = counted_samples(entry)
    rate = stated_rate(entry, written_as)
    roof = entry.roof
    if roof is not None and roof.percent is not None:
        roof = replace(roof, percent=100 * rate.value / roof.rate)
    return replace(
        entry,
        rate=rate,
        rate_per_cpu_s=rate_per_cpu_s(samples),
        seconds=float(np.sum([sample.seconds for sample in samples])),
        roof=roof,
    )


def _hash(
    headers: Headers, positions: np.ndarray[tuple[int], np.dtype[np.uint64]], target: int
) -> tuple[list[int], int]:
    """The positions of the shares among these, and the XOR of all H7."""
    prefix = np.frombuffer(headers.prefix(int(positions[0]) // NONCES), np.uint8)
    nonces = positions % np.uint64(NONCES)
    built = headers_of(np.broadcast_to(prefix, (len(positions), len(prefix))), np.zeros_like(positions), nonces)
    digests = digests_of(built)
    words = digests[:, 28:].copy().view(">u4").ravel()
    return positions[meet(digests, target)].tolist(), int(np.bitwise_xor.reduce(words))
