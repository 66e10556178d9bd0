"""What CPUs with SHA-256 instructions offer, in vectors of four words: one face for x86 and for ARM.

Both families do the same with different cuts. A group of four message words W[t]…W[t+3] comes from the
four groups before it in two halves, and four rounds take a state held in two registers:

* x86 (Intel SDM volume 2: SHA256MSG1, SHA256MSG2, SHA256RNDS2). State registers hold, lowest lane
  first, f e b a and h g d c; one instruction does two rounds; W[t−7] is added by hand.
* ARMv8 (Arm ARM: SHA256SU0, SHA256SU1, SHA256H, SHA256H2). State registers hold a b c d and e f g h;
  a pair of instructions does four rounds, one half of the state each.

Nothing here knows what a vector is: `Quads` is an algebra. `sha_ir` gives it LLVM values and so gets a
kernel; the tests give it integers and so run the very same instructions without the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

V = TypeVar("V")

LANES = 4
State = tuple[V, V]


class Quads(Protocol[V]):
    """What is done with vectors of four 32-bit words; lane 0 is the lowest."""

    def constant(self, words: Sequence[int]) -> V:
        """A vector of known words."""
        ...

    def add(self, x: V, y: V) -> V:
        """The sums modulo 2³², lane by lane."""
        ...

    def shuffle(self, x: V, y: V, lanes: Sequence[int]) -> V:
        """Any four lanes of the eight of `x` (0…3) and `y` (4…7)."""
        ...

    def call(self, instruction: str, *operands: V) -> V:
        """The result of a machine instruction, by the name of LLVM's intrinsic for it (without `llvm.`)."""
        ...


class ShaInstructions(Protocol):
    """An instruction set that has SHA-256."""

    # The features a CPU must have, as LLVM names them.
    features: frozenset[str]
    # LLVM's attributes for a function that uses them.
    attributes: str
    # Which working variable (a…h) each lane of the two state registers holds.
    layout: tuple[str, str]
    # How many steps (groups of four rounds; a hash has 30) a nonce of a batch is behind the one before it.
    delay: int

    def early(self, q: Quads[V], w0: V, w1: V) -> V:
        """W[t−16] + σ₀(W[t−15]) for four t; `w0`, `w1`: groups W[t−16] and W[t−12]."""
        ...

    def middle(self, q: Quads[V], early: V, w2: V, w3: V) -> V:
        """`early` + W[t−7], where that is done by hand; `w2`, `w3`: groups W[t−8] and W[t−4]."""
        ...

    def late(self, q: Quads[V], middle: V, w2: V, w3: V) -> V:
        """The group W[t]: `early` + W[t−7] + σ₁(W[t−2])."""
        ...

    def four_rounds(self, q: Quads[V], state: State[V], wk: V) -> State[V]:
        """The state four rounds later; `wk`: the rounds' W + K."""
        ...

    def last_e(self, q: Quads[V], state: State[V], wk: V) -> V:
        """A register that holds e after four more rounds, where `layout` says e is; the rest is left out."""
        ...


class X86Sha:
    """Intel's SHA extensions (Goldmont, Ice Lake, Zen and later)."""

    features = frozenset({"sha", "sse4.1"})
    # No AVX, whatever the CPU has: these instructions have no VEX form, and between them and VEX instructions
    # a CPU may have to save the registers' upper halves (Sapphire Rapids: 400 cycles each time, once a 256- or
    # 512-bit operation has used them). And with AVX-512 LLVM shuffles by `valignd`, slower than `palignr`.
    # The tuning leaves the order of the instructions about as it was emitted.
    attributes = '"target-cpu"="x86-64" "target-features"="+sha,+sse4.1" "tune-cpu"="goldmont"'
    layout = ("feba", "hgdc")
    # Measured on a Xeon with AVX-512: 2 to 6 are alike, 0 and 8 are 3 % slower; on AMD Zen 4 all are alike.
    delay = 4

    def early(self, q: Quads[V], w0: V, w1: V) -> V:
        """See ShaInstructions."""
        return q.call("x86.sha256msg1", w0, w1)

    def middle(self, q: Quads[V], early: V, w2: V, w3: V) -> V:
        """See ShaInstructions."""
        return q.add(early, q.shuffle(w2, w3, (1, 2, 3, 4)))

    def late(self, q: Quads[V], middle: V, w2: V, w3: V) -> V:
        """See ShaInstructions."""
        return q.call("x86.sha256msg2", middle, w3)

    def four_rounds(self, q: Quads[V], state: State[V], wk: V) -> State[V]:
        """See ShaInstructions."""
        middle, first = self._two_rounds(q, state, wk)
        # Two rounds on, a b e f are c d g h: the register before is the other half of the state.
        return self._two_rounds(q, (middle, first), q.shuffle(wk, wk, (2, 3, 2, 3)))

    def last_e(self, q: Quads[V], state: State[V], wk: V) -> V:
        """See ShaInstructions."""
        return self.four_rounds(q, state, wk)[0]

    def _two_rounds(self, q: Quads[V], state: State[V], wk: V) -> State[V]:
        abef, cdgh = state
        return q.call("x86.sha256rnds2", cdgh, abef, wk), abef


class X86ShaOf32(X86Sha):
    """The same where AVX-512VL gives xmm16–31, too: room for what would be spilled (AMD Zen 4: 12 % faster).

    Where changing between VEX and SHA instructions is dear, the race does not choose it.
    """

    features = X86Sha.features | {"avx512f", "avx512vl", "avx512bw"}
    attributes = (
        '"target-cpu"="x86-64" "target-features"="+sha,+avx2,+avx512f,+avx512vl,+avx512bw" "tune-cpu"="goldmont"'
    )
    # On AMD Zen 4, 4 are 7 % slower.
    delay = 0


class ArmSha:
    """ARMv8's SHA-256 instructions (part of the Cryptographic Extension)."""

    features = frozenset({"neon", "sha2"})
    attributes = '"target-features"="+neon,+sha2"'
    layout = ("abcd", "efgh")
    delay = 4

    def early(self, q: Quads[V], w0: V, w1: V) -> V:
        """See ShaInstructions."""
        return q.call("aarch64.crypto.sha256su0", w0, w1)

    def middle(self, q: Quads[V], early: V, w2: V, w3: V) -> V:
        """See ShaInstructions."""
        return early

    def late(self, q: Quads[V], middle: V, w2: V, w3: V) -> V:
        """See ShaInstructions."""
        return q.call("aarch64.crypto.sha256su1", middle, w2, w3)

    def four_rounds(self, q: Quads[V], state: State[V], wk: V) -> State[V]:
        """See ShaInstructions."""
        abcd, efgh = state
        return (
            q.call("aarch64.crypto.sha256h", abcd, efgh, wk),
            q.call("aarch64.crypto.sha256h2", efgh, abcd, wk),
        )

    def last_e(self, q: Quads[V], state: State[V], wk: V) -> V:
        """See ShaInstructions."""
        abcd, efgh = state
        return q.call("aarch64.crypto.sha256h2", efgh, abcd, wk)
