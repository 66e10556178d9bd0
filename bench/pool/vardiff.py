"""The difficulty that brings a steady stream of shares, and whether a worker's rate has settled.

Only while a worker warms up: within the window that counts, the difficulty is fixed. Chosen from what came so far, it
would bias what is counted.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from ...kernels.stratum.difficulty import LEAST_DIFFICULTY, MOST_DIFFICULTY, hashes_a_share

# Chips of ASICs report nothing below 256, and a rack of 100 TH/s finds 91 such shares a second: a first job that
# neither drowns us nor starves it. Slower miners are met by dividing.
FIRST_DIFFICULTY = 256.0
# How far one step goes at most: further would rest on too few shares.
LONGEST_STEP = 16.0
# A step needs so many shares, or so much time without them.
SHARES_OF_A_STEP = 8
PATIENCE_S = 2.0
# Shares come in bursts where a miner sends several at once or must share its processor: less time tells nothing.
SHORTEST_LOOK_S = 0.5
# A rate has settled only where the difficulty has, too.
QUIET_S = 3.0
# Closer than this is close enough: each step costs miners the job they are at.
CLOSE_ENOUGH = 1.25
# A rate is looked at over its last seconds, and its two halves must agree within so many standard deviations.
LOOK_BACK_S = 8.0
LEAST_SECONDS = 5.0
LEAST_SHARES = 24
AGREEMENT = 3.0


@dataclass
class Vardiff:
    """Shares as they come in, each with the difficulty of its job. `aim`: shares a second."""

    aim: float
    difficulty: float = FIRST_DIFFICULTY
    _shares: deque[tuple[float, float]] = field(default_factory=deque)
    _since: float | None = None
    _first: float | None = None
    _moved: float = -math.inf
    _here: int = 0

    def start(self, now: float) -> None:
        """The first job goes out."""
        self._since = now

    def suggested(self, difficulty: float) -> None:
        """What the miner asks for; it counts before its first share only."""
        if self._first is None and 0 < difficulty < math.inf:
            self.difficulty = float(min(max(difficulty, LEAST_DIFFICULTY), MOST_DIFFICULTY))

    def share(self, now: float, difficulty: float) -> None:
        """A good share of a job of that difficulty came."""
        if self._first is None:
            self._first = now
        self._here += difficulty == self.difficulty
        self._shares.append((now, difficulty))
        while self._shares and self._shares[0][0] < now - LOOK_BACK_S:
            self._shares.popleft()

    def step(self, now: float) -> bool:
        """Move the difficulty where that is due; whether it moved."""
        if self._since is None:
            return False
        seconds = now - self._since
        if seconds < (SHORTEST_LOOK_S if self._here >= SHARES_OF_A_STEP else PATIENCE_S):
            return False
        wanted = max(self._here, 0.25) / max(seconds, 1e-3) / self.aim
        factor = min(LONGEST_STEP, max(1 / LONGEST_STEP, wanted))
        # A slow but steady stream of some shares is told apart from none by waiting for more of them.
        if 0 < self._here < SHARES_OF_A_STEP and seconds < SHARES_OF_A_STEP / self.aim:
            return False
        self._since, self._here = now, 0
        if 1 / CLOSE_ENOUGH < factor < CLOSE_ENOUGH:
            return False
        moved = _few_digits(self.difficulty * factor)
        changed = moved != self.difficulty
        self.difficulty = moved
        if changed:
            self._moved = now
        return changed

    def hashrate(self, now: float) -> float:
        """Hashes a second over the last seconds."""
        if self._first is None:
            return 0.0
        seconds = min(LOOK_BACK_S, max(now - self._first, 1e-3))
        return math.fsum(hashes_a_share(difficulty) for _, difficulty in self._shares) / seconds

    def fitting(self, now: float) -> float:
        """The difficulty that brings the stream aimed at, if the rate stays as it seems now."""
        wanted = self.hashrate(now) / self.aim / hashes_a_share(1.0)
        return _few_digits(wanted) if wanted else self.difficulty

    def settled(self, now: float) -> bool:
        """Whether the rate is steady: enough shares, and as much work in the first half as in the second."""
        if self._first is None or now - self._first < LEAST_SECONDS or len(self._shares) < LEAST_SHARES:
            return False
        if now - self._moved < QUIET_S:
            return False
        seconds = min(LOOK_BACK_S, now - self._first)
        middle = now - seconds / 2
        before = [difficulty for at, difficulty in self._shares if now - seconds <= at < middle]
        after = [difficulty for at, difficulty in self._shares if at >= middle]
        deviation = math.sqrt(math.fsum(difficulty**2 for difficulty in (*before, *after)))
        return abs(math.fsum(after) - math.fsum(before)) <= AGREEMENT * deviation


def _few_digits(difficulty: float) -> float:
    """Rounded, as every client reads and shows it, and within the bounds."""
    return float(f"{min(max(difficulty, LEAST_DIFFICULTY), MOST_DIFFICULTY):.6g}")
