"""Targets: the threshold a hash value must not exceed, and the forms it is written in.

The hash value is the 32-byte digest read as a little-endian integer; a nonce is a share when that
value is ≤ the target.
"""

from __future__ import annotations

from ..errors import InputError

HASH_BITS = 256
MAX_TARGET = (1 << HASH_BITS) - 1


def target_from_zero_bits(zero_bits: int) -> int:
    """The largest target whose hash values begin with `zero_bits` (0…255) zero bits.

    Raises InputError outside that range.
    """
    if not 0 <= zero_bits < HASH_BITS:
        raise InputError(f"zero bits must lie between 0 and {HASH_BITS - 1}, not {zero_bits}; use 32 for difficulty 1")
    return MAX_TARGET >> zero_bits


def target_from_hex(text: str) -> int:
    """A target from up to 64 big-endian hex digits, as Bitcoin prints it. Raises InputError."""
    digits = text.strip().removeprefix("0x").removeprefix("0X")
    # int() alone would also take signs, spaces and underscores.
    if not digits or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise InputError("the target is not a hexadecimal number; give up to 64 digits 0-9a-f, most significant first")
    if len(digits.lstrip("0")) > HASH_BITS // 4:
        raise InputError("the target is over 256 bits; give at most 64 hex digits")
    return check_target(int(digits, 16))


def target_from_bits(bits: int) -> int:
    """A target from a header's compact `bits` field (Bitcoin Core `arith_uint256::SetCompact`). Raises InputError."""
    exponent, mantissa = bits >> 24, bits & 0x007FFFFF
    if bits & 0x00800000:
        raise InputError(f"bits {bits:#010x} encodes a negative target; take the field from a real block header")
    target = mantissa >> 8 * (3 - exponent) if exponent <= 3 else mantissa << 8 * (exponent - 3)
    return check_target(target)


def check_target(target: int) -> int:
    """`target` itself when it lies in 1…2²⁵⁶−1. Raises InputError."""
    if target <= 0:
        raise InputError("the target is 0, which no hash can meet; give a target of at least 1")
    if target > MAX_TARGET:
        raise InputError("the target is over 256 bits; give at most 64 hex digits")
    return target


def share_probability(target: int) -> float:
    """The chance that one hash meets `target`."""
    return float(target + 1) / float(1 << HASH_BITS)


def filter_mask(target: int) -> int:
    """The bits of H7 that every share for `target` has clear: a quick first test, for kernels.

    H7, the digest's last word, holds the top 32 bits of the hash value with their bytes reversed.
    """
    zero_bits = min(32, HASH_BITS - target.bit_length())
    leading = (0xFFFFFFFF << (32 - zero_bits)) & 0xFFFFFFFF
    return int.from_bytes(leading.to_bytes(4, "little"), "big")
