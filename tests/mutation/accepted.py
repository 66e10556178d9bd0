"""Changes that no test notices, and why that is well: they decide nothing, or nothing that can be seen."""

from __future__ import annotations

from .mutants import Mutant

Change = tuple[str, str, str]

NEWTON = "where Newton's steps begin: from there, too, they end within the last two digits of the same figure"
NO_FAULT = "no fault: all that is asked is whether there is one, and None says no as the empty text does"
SIZE = "how much is hashed in one call of a device: what is found, and what is said of it, follow from whatever it is"

# By module: the line as it stands there, what is changed in it and into what; and why nobody needs to notice. Where a
# line stands more than once in a module, the reason holds for each.
REASONS: dict[str, dict[Change, str]] = {
    "bench/statistics.py": {
        ("low, high = (before, after) if change > 0 else (after, before)", "change > 0", "change >= 0"): (
            "of equal medians the middle parts overlap on either side"
        ),
        ("if len(data) <= most:", "len(data) <= most", "len(data) < most"): (
            "as many parts as values are the values themselves"
        ),
    },
    "bench/rounds/interval.py": {
        ("low, high = 0.0, 1e6", "1000000.0", "2000000.0"): (
            "where halving begins: it ends at the same figure from any number above that"
        ),
        ("for _ in range(100):", "100", "101"): (
            "halving from a million down to the last bit takes 73 steps; what comes after them changes nothing"
        ),
        (
            "low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)",
            "_within(middle, freedom) < confidence",
            "_within(middle, freedom) <= confidence",
        ): "halving then ends at the same figure from the other side, its last two digits apart",
    },
    "reports/ladder/devices.py": {
        ("efficiencies=tuple(point.efficiency_j_per_th or 0 for point in with_energy),", "0", "1"): (
            "never used: only points whose figure is known are left there"
        ),
    },
    "reports/ladder/rungs.py": {
        ("newest = max((year_of(device) for device in peers), default=0)", "0", "1"): (
            "without devices no year is compared with it"
        ),
    },
    "bench/verification/alternated.py": {
        ('return ""', "return ''", "return None"): NO_FAULT,
        ("continue", "continue", "pass"): "the fault stands by then, and whatever follows it is not asked for",
    },
    "bench/verification/figures.py": {('return ""', "return ''", "return None"): NO_FAULT},
    "bench/verification/recompute.py": {
        ("return False", "return False", "return None"): "None is no more than False: it is asked in conditions alone",
    },
    "kernels/workloads/proof/bounds.py": {
        ("z = -3.090232306167813", "3.090232306167813", "6.180464612335626"): NEWTON,
        ("ninth = 1 / (9 * count)", "1", "2"): NEWTON,
        ("ninth = 1 / (9 * count)", "9", "10"): NEWTON,
        ("mean = max(count * (1 - ninth + z * math.sqrt(ninth)) ** 3, tail)", "3", "4"): NEWTON,
        ("mean = max(count * (1 - ninth + z * math.sqrt(ninth)) ** 3, tail)", "1 - ninth", "1 + ninth"): NEWTON,
        ("for _ in range(50):", "50", "51"): "more of Newton's steps than any number of shares takes",
        ("mean = max(mean - step, mean / 10)", "10", "11"): (
            "keeps a first step above 0: the steps after it end at the same figure"
        ),
        ("if abs(step) <= 1e-12 * mean:", "abs(step) <= 1e-12 * mean", "abs(step) < 1e-12 * mean"): (
            "a step of just that length is as good as none"
        ),
        ("if abs(step) <= 1e-12 * mean:", "1e-12 * mean", "1e-12 / mean"): (
            "Newton's steps double the digits: all 50 end within the last two digits of where the first few do"
        ),
        ("if abs(step) <= 1e-12 * mean:", "1e-12", "2e-12"): (
            "Newton's steps double the digits: after a step of that length none is left to correct"
        ),
        ("break", "break", "pass"): "all 50 of Newton's steps end within the last two digits of where the first few do",
    },
    "kernels/workloads/proof/poisson.py": {
        (
            "tail = _lower_tail(count, expected) if count < expected else upper_tail(count, expected)",
            "count < expected",
            "count <= expected",
        ): "of as many as are expected either tail is above a half, and the answer 1",
        ("while ratio > total * 1e-16:", "ratio > total * 1e-16", "ratio >= total * 1e-16"): (
            "a term that is no more than the sum's last digit"
        ),
        ("while ratio > total * 1e-16:", "1e-16", "2e-16"): "terms that are no more than the sum's last digit",
    },
    "kernels/workloads/proof/recompute.py": {
        ("FEWEST_HASHES = 1 << 17", "1 << 17", "1 >> 17"): SIZE,
        ("FEWEST_HASHES = 1 << 17", "1", "2"): SIZE,
        ("FEWEST_HASHES = 1 << 17", "17", "18"): SIZE,
        ("self._prepare(0)", "0", "1"): "compiles the kernel before the time is taken: under whichever header",
        (
            "self._device.scan(range(1))",
            "1",
            "2",
        ): "compiles the kernel before the time is taken: by whatever it hashes",
        ("if smallest <= A_TENTH:", "smallest <= A_TENTH", "smallest < A_TENTH"): (
            "of just a tenth the other sentence has the same words: a tenth unhashed would show with 99.9 %"
        ),
    },
    "kernels/workloads/proof/verify.py": {
        ("return np.ones(0, np.bool_)", "0", "1"): (
            "what is counted are those that do not meet the target: none either way"
        ),
    },
    "kernels/workloads/sha256d/version1/claimed_ranges.py": {
        ("return False", "return False", "return None"): "`in` makes a truth value of whatever it is told",
    },
    "kernels/workloads/sha256d/version1/headers.py": {
        (
            'return b"".join(sha256(seed + bytes([block])).digest() for block in range(3))[:PREFIX_BYTES]',
            "3",
            "4",
        ): "what is more is cut off",
    },
    "bench/energy/joules/efficiency.py": {
        (
            'if energy.covers not in ("the device", "the device and more") or rate is None or amount <= 0 '
            "or timed_s <= 0:",
            "timed_s <= 0",
            "timed_s < 0",
        ): "in no time a figure of 0 J comes out, which is none either",
    },
    "bench/energy/joules/from_power.py": {
        (
            "if values and 0 < values[0].at_s - window.start_s <= stands_for_s(values[0], update_s):",
            "0 < values[0].at_s - window.start_s <= stands_for_s(values[0], update_s)",
            "0 <= values[0].at_s - window.start_s <= stands_for_s(values[0], update_s)",
        ): "a reading at the very edge stands there twice then, and a piece without length is passed over",
        (
            "if values and 0 < window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s):",
            "0 < window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s)",
            "0 <= window.end_s - values[-1].at_s <= stands_for_s(values[-1], update_s)",
        ): "a reading at the very edge stands there twice then, and a piece without length is passed over",
    },
    "bench/energy/joules/record.py": {
        (
            "if not has_idled or info.counters or len(told) < FEWEST_FROZEN or len(set(told)) > 1 or not told[0]:",
            "0",
            "1",
        ): "there are twenty, and all are the same by then",
        ("if (info.power_step_w or 0.0) > FROZEN_STEP * told[0]:", "0", "1"): (
            "there are twenty, and all are the same by then"
        ),
    },
    "bench/anchors/clock.py": {
        (
            "if bound and (before is None or (not bound.trusted, bound.moment) < (not before.trusted, before.moment)):",
            "(not bound.trusted, bound.moment) < (not before.trusted, before.moment)",
            "(not bound.trusted, bound.moment) <= (not before.trusted, before.moment)",
        ): "moment and trust are all that a bound is: of two that are alike either is the other",
        ("longest = max(stated.values(), default=0.0)", "0.0", "1.0"): (
            "less than the 2 s that a clock may be off, as any second more would be"
        ),
    },
    "bench/anchors/token.py": {
        ("MOST_CERTIFICATE_BYTES = 4 << 20", "4", "5"): (
            "how much of a file is read: many times what a system lists, and no figure follows from it"
        ),
        ("MOST_CERTIFICATE_BYTES = 4 << 20", "20", "21"): (
            "how much of a file is read: many times what a system lists, and no figure follows from it"
        ),
        ("continue", "continue", "pass"): "the last statement of the loop's turn",
    },
}


def reason_for(mutant: Mutant) -> str:
    """Why a change may go unnoticed; empty where nobody has said so."""
    return REASONS.get(mutant.module, {}).get((mutant.source, mutant.before, mutant.after), "")
