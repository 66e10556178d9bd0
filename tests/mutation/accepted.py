"""Changes that no test notices, and why that is well: they decide nothing, or nothing that can be seen."""

from __future__ import annotations

from .mutants import Mutant

# Module, the line as it stands there, and for some what is changed in it (None: all of the line): the reason.
REASONS: dict[tuple[str, str, str | None], str] = {
    ("bench/statistics.py", "BLOCK_VALUES = 1 << 21", None): (
        "how much is held in memory at once: any size gives the same figures, which a test shows"
    ),
    ("bench/statistics.py", "rows_at_once = max(1, BLOCK_VALUES // count)", None): (
        "how much is held in memory at once: any size gives the same figures, which a test shows"
    ),
    ("bench/statistics.py", "low, high = (before, after) if change > 0 else (after, before)", "change > 0"): (
        "of equal medians the middle parts overlap on either side"
    ),
    ("bench/statistics.py", "return StepChange(change, apart and deviation < along_line)", "deviation < along_line"): (
        "the two are equal only where nothing varies at all, and then the levels are not apart"
    ),
    ("bench/statistics.py", "if len(data) <= most:", "len(data) <= most"): (
        "as many parts as values are the values themselves"
    ),
    ("bench/rounds/interval.py", "low, high = 0.0, 1e6", "1000000.0"): (
        "where halving begins: it ends at the same figure from any number above that"
    ),
    (
        "bench/rounds/interval.py",
        "low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)",
        "_within(middle, freedom) < confidence",
    ): "of one number alone, and halving then ends at it from the other side",
    ("kernels/workloads/proof/poisson.py", "return _summed(count, expected, 1)", "1"): "a direction: its sign alone",
    ("kernels/workloads/proof/poisson.py", "return _summed(count, expected, -1)", "1"): "a direction: its sign alone",
    ("kernels/workloads/proof/bounds.py", "z = -3.090232306167813", None): (
        "where Newton's steps begin: they end at the same figure"
    ),
    ("kernels/workloads/proof/poisson.py", "if direction > 0:", "direction > 0"): "it is 1 or -1, never 0",
    (
        "kernels/workloads/proof/recompute.py",
        "for place in (*self._walk.places(first, size - beyond), *self._walk.places(0, beyond)):",
        "size - beyond",
    ): "the walk ends at its last nonce in any case",
    ("kernels/workloads/proof/bounds.py", "mean = max(mean - step, mean / 10)", "10"): (
        "keeps a first step above 0: the steps after it end at the same figure"
    ),
    ("kernels/workloads/proof/bounds.py", "for _ in range(50):", "50"): (
        "more of Newton's steps than any number of shares takes"
    ),
    ("bench/verification/figures.py", 'return ""', "return ''"): "no fault and an empty one are the same",
    ("kernels/workloads/proof/bounds.py", "if abs(step) <= 1e-12 * mean:", None): (
        "Newton's steps double the digits: one more or one less changes none that are left"
    ),
    ("kernels/workloads/proof/recompute.py", "self._prepare(0)", "0"): (
        "compiles the kernel before the time is taken: under whichever header"
    ),
    ("bench/rounds/interval.py", "for _ in range(100):", "100"): (
        "halving from a million down to the last bit takes 73 steps; what comes after them changes nothing"
    ),
    (
        "bench/rates.py",
        "def stated_rate(entry: Measurement, written_as: int = 2) -> Rate:",
        "2",
    ): "any version but the first is reckoned alike",
    (
        "bench/rates.py",
        "def rate_of(samples: Sequence[Sample], unit: str, written_as: int = 2) -> Rate:",
        "2",
    ): "any version but the first is reckoned alike",
    (
        "bench/energy/joules/efficiency.py",
        'if energy.covers not in ("the device", "the device and more") or rate is None or amount <= 0 or timed_s <= 0:',
        "timed_s <= 0",
    ): "in no time a figure of 0 J comes out, which is none either",
    (
        "bench/energy/joules/efficiency.py",
        "low=max(0.0, min(low_j - beside_j, low_j * share)) / amount,",
        "low_j * share",
    ): "never the smaller of the two: what is beside the work takes off more, as long as the figure is above its bound",
    (
        "bench/energy/joules/from_counter.py",
        "if earlier.at_s <= at_s <= later.at_s and later.at_s > earlier.at_s:",
        "earlier.at_s <= at_s <= later.at_s",
    ): "another answer only where the first two readings are of one moment, and then either count is right",
    ("bench/energy/joules/from_counter.py", "wrapped_j = 0.0", "0.0"): (
        "set again before it is used: the first reading always begins a run"
    ),
    ("kernels/workloads/proof/recompute.py", "FEWEST_HASHES = 1 << 17", None): (
        "how much is hashed in one call of a device: what is found, and what is said of it, follow from whatever it is"
    ),
    ("kernels/workloads/proof/bounds.py", "break", "break"): "more of Newton's steps end at the same figure",
    (
        "kernels/workloads/proof/bounds.py",
        "mean = max(count * (1 - ninth + z * math.sqrt(ninth)) ** 3, tail)",
        None,
    ): "where Newton's steps begin: they end at the same figure",
    ("kernels/workloads/proof/poisson.py", "while ratio > total * 1e-16:", None): (
        "terms that are below the sum's last digit"
    ),
    ("kernels/workloads/proof/recompute.py", "self._device.scan(range(1))", None): (
        "compiles the kernel before the time is taken: by whatever it hashes"
    ),
    (
        "kernels/workloads/proof/recompute.py",
        "for place in self._walk.places(leaf * size, min(size, self._walk.nonces - leaf * size)):",
        "self._walk.nonces - leaf * size",
    ): "the walk ends at its last nonce in any case",
    ("kernels/workloads/proof/verify.py", "limit = np.uint64((1 << 64) // total * total - 1)", "1"): (
        "one of 2⁶⁴ words more is drawn again"
    ),
    (
        "kernels/workloads/proof/verify.py",
        "draws = np.concatenate((chosen, words[words <= limit] % np.uint64(total)))",
        "words <= limit",
    ): ("one of 2⁶⁴ words more is drawn again"),
    (
        "kernels/workloads/proof/poisson.py",
        "tail = _lower_tail(count, expected) if count < expected else upper_tail(count, expected)",
        "count < expected",
    ): ("of as many as are expected either tail is above a half, and the answer 1"),
    (
        "kernels/workloads/proof/bounds.py",
        "return poisson_p_value(shares, expected) >= HONEST_P",
        "poisson_p_value(shares, expected) >= HONEST_P",
    ): ("no number of shares has just this chance"),
    (
        "kernels/workloads/proof/recompute.py",
        "self._keys = unpack_ascending(evidence.shares, self._walk.end * evidence.prefixes - 1)",
        "self._walk.end * evidence.prefixes - 1",
    ): ("a bound that evidence keeps which holds, and no other is hashed again"),
    (
        "kernels/workloads/proof/recompute.py",
        'return "a tenth" if share > 0.095 else f"{100 * share:.2g} %"',
        "share > 0.095",
    ): ("no number of places gives just this share"),
    (
        "kernels/workloads/sha256d/version1/headers.py",
        'return b"".join(sha256(seed + bytes([block])).digest() for block in range(3))[:PREFIX_BYTES]',
        "3",
    ): ("what is more is cut off"),
    ("bench/verification/recompute.py", "return False", "return False"): "None is no more than False",
    (
        "bench/verification/figures.py",
        "room = OF_THE_LARGER * max(abs(record.gross_j or 0.0), abs(record.high_j or 0.0))",
        "0.0",
    ): ("both are known by then, and room for the rounding of 1 J lets nobody gain"),
    (
        "bench/verification/figures.py",
        "room = OF_THE_LARGER * max(abs(record.gross_j or 0.0), abs(record.high_j or 0.0))",
        "record.gross_j or 0.0",
    ): ("the higher bound is never the smaller of the two"),
    ("kernels/workloads/proof/verify.py", "return np.ones(0, np.bool_)", "0"): (
        "what is counted are those that do not meet the target: none either way"
    ),
    (
        "kernels/workloads/proof/verify.py",
        "headers_of(first.reshape(len(numbers), -1)[which], rolled, positions & np.uint64(0xFFFFFFFF))",
        "1",
    ): "NumPy takes any length below 0 for the one that is to be found",
    ("bench/verification/alternated.py", "continue", "continue"): (
        "the fault stands by then, and whatever follows it is not asked for"
    ),
    (
        "bench/verification/recompute.py",
        "if isinstance(workload, Auditable) and isinstance(entry.evidence, Shares):",
        "isinstance(workload, Auditable) and isinstance(entry.evidence, Shares)",
    ): "shares are the evidence of such workloads, and of no others that come this far",
    (
        "bench/verification/recompute.py",
        "spent_s = max(time.process_time() - began_s, 1e-3)",
        "0.001",
    ): "how much of the effort is spent where a part takes less than a clock can tell",
    ("bench/anchors/clock.py", "longest = max(stated.values(), default=0.0)", "0.0"): (
        "less than the 2 s that a clock may be off, as any second more would be"
    ),
    ("bench/anchors/token.py", "MOST_CERTIFICATE_BYTES = 4 << 20", None): (
        "how much of a file is read: many times what a system lists, and no figure follows from it"
    ),
    ("bench/anchors/token.py", "continue", "continue"): "the last statement of the loop's turn",
    (
        "bench/energy/joules/from_power.py",
        "if values and 0 < values[0].at_s - window.start_s <= stands_for_s(values[0], update_s):",
        "0 < values[0].at_s - window.start_s <= stands_for_s(values[0], update_s)",
    ): "a reading at the very edge stands there twice then, and a piece without length is passed over",
    (
        "bench/energy/joules/from_power.py",
        "if values and 0 < window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s):",
        "0 < window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s)",
    ): "a reading at the very edge stands there twice then, and a piece without length is passed over",
    (
        "reports/ladder/devices.py",
        "efficiencies=tuple(point.efficiency_j_per_th or 0 for point in with_energy),",
        "0",
    ): "never used: only points whose figure is known are left there",
    (
        "reports/ladder/rungs.py",
        "newest = max((year_of(device) for device in peers), default=0)",
        "0",
    ): "without devices no year is compared with it",
}


def reason_for(mutant: Mutant) -> str:
    """Why a change may go unnoticed; empty where nobody has said so."""
    place = mutant.module, mutant.source
    return REASONS.get((*place, mutant.before)) or REASONS.get((*place, None), "")
