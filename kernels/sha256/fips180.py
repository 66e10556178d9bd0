"""SHA-256 as FIPS 180-4 writes it, over words of any kind.

Source: NIST FIPS 180-4, *Secure Hash Standard*, sections 4.1.2 (functions), 4.2.2 (constants),
5.3.3 (initial hash value) and 6.2.2 (computation); names follow the standard.

The functions below never look inside a word. They are given an *algebra* that knows how to add,
XOR, rotate, … and so the same few lines compute digests on Python integers (`IntegerWords`),
build an expression graph for the kernel generators (`GraphWords`), or describe hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from ..graph.words import MASK, W, Words


def _primes(count: int) -> list[int]:
    found: list[int] = []
    candidate = 2
    while len(found) < count:
        if all(candidate % prime for prime in found):
            found.append(candidate)
        candidate += 1
    return found


def _integer_cube_root(value: int) -> int:
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= value else (low, middle - 1)
    return low


# §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
K = tuple(_integer_cube_root(prime << 96) & MASK for prime in _primes(64))
# §5.3.3: likewise of the square roots of the first 8 primes.
INITIAL_STATE = tuple(isqrt(prime << 64) & MASK for prime in _primes(8))


def big_sigma_0(w: Words[W], x: W) -> W:
    """Σ₀²⁵⁶, §4.1.2."""
    return w.xor(w.rotr(x, 2), w.rotr(x, 13), w.rotr(x, 22))


def big_sigma_1(w: Words[W], x: W) -> W:
    """Σ₁²⁵⁶, §4.1.2."""
    return w.xor(w.rotr(x, 6), w.rotr(x, 11), w.rotr(x, 25))


def small_sigma_0(w: Words[W], x: W) -> W:
    """σ₀²⁵⁶, §4.1.2."""
    return w.xor(w.rotr(x, 7), w.rotr(x, 18), w.shr(x, 3))


def small_sigma_1(w: Words[W], x: W) -> W:
    """σ₁²⁵⁶, §4.1.2."""
    return w.xor(w.rotr(x, 17), w.rotr(x, 19), w.shr(x, 10))


def next_message_word(w: Words[W], window: Sequence[W]) -> W:
    """Wₜ from the 16 words before it, Wₜ₋₁₆…Wₜ₋₁: §6.2.2 step 1."""
    return w.add(small_sigma_1(w, window[14]), window[9], small_sigma_0(w, window[1]), window[0])


def message_schedule(w: Words[W], block: Sequence[W]) -> list[W]:
    """The 64 words W₀…W₆₃ of a block of 16 words, §6.2.2 step 1."""
    schedule = list(block)
    for t in range(16, 64):
        schedule.append(next_message_word(w, schedule[t - 16 :]))
    return schedule


def one_round(w: Words[W], state: Sequence[W], k: W, word: W) -> list[W]:
    """One of the 64 rounds, §6.2.2 step 3: the eight working variables a…h after it."""
    a, b, c, d, e, f, g, h = state
    t1 = w.add(h, big_sigma_1(w, e), w.choose(e, f, g), k, word)
    t2 = w.add(big_sigma_0(w, a), w.majority(a, b, c))
    return [w.add(t1, t2), a, b, c, w.add(d, t1), e, f, g]


def compress(w: Words[W], state: Sequence[W], block: Sequence[W]) -> list[W]:
    """The hash value after one more block, §6.2.2: `state` has 8 words, `block` 16, the answer 8."""
    working = list(state)
    for k, word in zip(K, message_schedule(w, block), strict=True):
        working = one_round(w, working, w.constant(k), word)
    return [w.add(before, after) for before, after in zip(state, working, strict=True)]


def padding(w: Words[W], message_bytes: int) -> list[W]:
    """The words that fill the last block of a message that ends on a word boundary, §5.1.1."""
    zeros = (-(message_bytes // 4) - 3) % 16
    return [w.constant(value) for value in (0x80000000, *[0] * zeros, 0, message_bytes * 8)]
