"""What a stage remembers between two clocks, and how a round changes it.

The round is `fips180.one_round`; what is added here is *when* its sums are done. The terms of a sum
that are known a clock earlier are added a clock earlier: a round's `h + K + W` is formed one round
before (there `h` is still called `g`), and handed to the description as its `h`, with 0 for K and W.

The skewed form takes a second addition out of the longest path. A round's new `a` is needed as `d`
only three rounds later, so a, b, c, d run one clock behind; the round is taken in two halves:
`e′ = (d + h + K + W) + Σ₁(e) + Ch(e, f, g)` and, a clock later, `a′ = T₁ + Σ₀(a) + Maj(a, b, c)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..sha256.fips180 import next_message_word, one_round
from .words import HardwareWords, Word

# By name: a…h as in FIPS 180-4, `x` = h + K + W of the round to come, `y` = x + d, `t1` = T₁ of the round
# before, `w0`…`w15` = the message words after the round's own.
Registers = Mapping[str, Word]

WINDOW = tuple(f"w{index}" for index in range(16))


@dataclass(frozen=True)
class CompactRounds:
    """A round in one clock: the fewest registers and adders."""

    words: HardwareWords

    def start(self, state: Sequence[Word], x: Word, window: Sequence[Word]) -> Registers:
        """The registers before the first round: `state` is a…g, `x` is h + K + W, `window` the words after W."""
        return {**dict(zip("abcdefg", state, strict=True)), "x": x, **dict(zip(WINDOW, window, strict=True))}

    def advance(self, now: Registers, k: Word) -> Registers:
        """The registers a round later; `k` is the constant of the round after that."""
        w = self.words
        zero = w.constant(0)
        after = one_round(w, [now[name] for name in "abcdefgx"], zero, zero)
        return {
            **dict(zip("abcdefgh", [*after[:7], now["g"]], strict=True)),
            "x": w.add(now["g"], k, now["w0"]),
            **moved_window(w, now),
        }

    def state(self, now: Registers) -> list[Word]:
        """The eight working variables after the last round."""
        return [now[name] for name in "abcdefgh"]


@dataclass(frozen=True)
class SkewedRounds:
    """A round in two halves, one clock apart. The first word of `start`'s state is T₁ of the round before."""

    words: HardwareWords

    def start(self, state: Sequence[Word], x: Word, window: Sequence[Word]) -> Registers:
        """As in CompactRounds, with T₁ of the round before in place of a; its b, c, d are a's last values."""
        t1, b, c, d, e, f, g = state
        names = {"t1": t1, "a": b, "b": c, "c": d, "e": e, "f": f, "g": g, "x": x}
        return {**names, "y": self.words.add(x, d), **dict(zip(WINDOW, window, strict=True))}

    def advance(self, now: Registers, k: Word) -> Registers:
        """The registers a round later; `k` is the constant of the round after that."""
        w = self.words
        x = w.add(now["g"], k, now["w0"])
        return {
            "t1": self._t1(now, now["x"]),
            "e": self._t1(now, now["y"]),
            "f": now["e"],
            "g": now["f"],
            "h": now["g"],
            "a": self._a(now),
            "b": now["a"],
            "c": now["b"],
            "x": x,
            "y": w.add(x, now["b"]),
            **moved_window(w, now),
        }

    def state(self, now: Registers) -> list[Word]:
        """The eight working variables after the last round."""
        return [self._a(now), *(now[name] for name in "abcefgh")]

    def _t1(self, now: Registers, h: Word) -> Word:
        # With d = 0 the round's new e is T₁ itself.
        zero = self.words.constant(0)
        return one_round(self.words, [zero] * 4 + [now["e"], now["f"], now["g"], h], zero, zero)[4]

    def _a(self, now: Registers) -> Word:
        # With e = f = g = 0, Σ₁ and Ch are 0, and T₁ is what stands for h.
        zero = self.words.constant(0)
        state = [now["a"], now["b"], now["c"], zero, zero, zero, zero, now["t1"]]
        return one_round(self.words, state, zero, zero)[0]


Rounds = CompactRounds | SkewedRounds


def moved_window(w: HardwareWords, now: Registers) -> Registers:
    """The message words, moved on by one."""
    window = [now[name] for name in WINDOW]
    return dict(zip(WINDOW, [*window[1:], next_message_word(w, window)], strict=True))
