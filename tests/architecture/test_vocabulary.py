"""Harness and reports know no workload by its name, and none of the words that only one kind of work has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashwatt.kernels.workloads.registry import BUILT_IN

TREE = Path(__file__).parents[2]
# The part of the program that is general, but for what stands in SPECIAL.
FOLDERS = ("bench", "reports", "src/hashwatt/cli")
SPECIAL = {
    "bench/api.py": "the public functions, among them the search for shares of a header",
    "bench/run/asked.py": "has a short name for one of them: --rolled",
    "bench/asic": "reads those who work for a pool",
    "bench/mining": "works for a pool",
    "bench/pool": "a pool that measures those who work for it",
    "bench/warnings/pool.py": "what is amiss with those who work for a pool",
    "bench/scan.py": "the search for shares of a header",
    "bench/isolation": "carries each capability of devices across, and one of them is to scan nonces",
    "bench/anchors": "time-stamps have nonces, and blocks hashes, that are nobody's work here (RFC 3161)",
    "bench/result/version1.py": "the first version counted hashes only",
    "bench/result/upgrade.py": "the first version counted hashes only",
    "bench/verification/version1.py": "the first version counted hashes only",
    "reports/ladder": "a chapter about mining: the progression from CPU to ASIC",
    "reports/claims": "a chapter about mining: what a white paper says of it",
    "reports/layout/ladder_tables.py": "words of the progression",
    "reports/layout/ladder_figures.py": "words of the progression",
    "reports/charts/ladder.py": "draws the progression",
    "reports/charts/ladder_names.py": "draws the progression",
    "reports/charts/by_rung.py": "draws the progression",
    "reports/layout/hash_columns.py": "names of the first version, which scripts read",
    "reports/run/workers.py": "shows those who work for a pool",
    "src/hashwatt/cli/asics.py": "shows those who work for a pool",
    "src/hashwatt/cli/live/mining.py": "shows work for a pool",
    "src/hashwatt/cli/live/workers.py": "shows those who work for a pool",
    "src/hashwatt/cli/commands/mine.py": "works for a pool",
    "src/hashwatt/cli/commands/serve.py": "a pool that measures those who work for it",
    "src/hashwatt/cli/commands/ladder.py": "a command about mining",
    "src/hashwatt/cli/commands/predict.py": "a command about kernels that hash",
    "src/hashwatt/cli/commands/kernel.py": "a command about kernels that hash",
    "src/hashwatt/cli/commands/rtl.py": "a command about hardware that hashes",
    "src/hashwatt/cli/commands/scan.py": "the search for shares of a header",
    "src/hashwatt/cli/commands/devices.py": "shows the race of the kernels that hash",
}
NAMES = "|".join(rf"\b{name}\b" for name in BUILT_IN if name not in ("stream", "peak"))
# `hashwatt`, hashlib and digests are everybody's; `stream` is a word of input and output, too, and a peak is the most.
WORDS = re.compile(
    rf"\bhash(es|ed|ing|rates?)?\b|\bnonces?\b|\bmidstates?\b|\bprefixes\b|\b[kMGTPE]?H/s|\bJ/TH\b|\bmin(er|ing)\b|{NAMES}",
    re.IGNORECASE,
)


# What names a figure after hashes, though other work has it, too.
NAMES_OF_HASHES = re.compile(r"hashrate|\w_hs\b|j_per_th")


def found_in(path: Path) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := WORDS.search(line):
            yield f"{path.relative_to(TREE)}:{number}: {match.group(0)}: {line.strip()}"


def is_special(path: Path) -> bool:
    place = path.relative_to(TREE).as_posix()
    return any(place == special or place.startswith(f"{special}/") for special in SPECIAL)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_word_of_one_kind_of_work_stands_in_the_general_part(folder: str) -> None:
    general = [path for path in sorted((TREE / folder).rglob("*.py")) if not is_special(path)]
    assert len(general) > 10
    assert not (found := [line for path in general for line in found_in(path)]), "\n".join(found)


def test_nothing_general_in_the_reports_is_named_after_hashes() -> None:
    general = [path for folder in ("reports", "src/hashwatt/cli") for path in sorted((TREE / folder).rglob("*.py"))]
    found = [
        f"{path.relative_to(TREE)}: {line.strip()}"
        for path in general
        if not is_special(path)
        for line in path.read_text(encoding="utf-8").splitlines()
        # A script reads these columns and keys by the names that they have had.
        if NAMES_OF_HASHES.search(re.sub(r'"j_per_th"|import j_per_th|j_per_th\(energy\)', "", line))
    ]
    assert found == [
        'reports/layout/plain_figures.py: "efficiency_j_per_th", "efficiency_low_j_per_th", "efficiency_high_j_per_th",'
    ]


def test_what_is_excepted_is_there_and_needs_to_be() -> None:
    for special in SPECIAL:
        path = TREE / special
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        assert WORDS.search(text) or NAMES_OF_HASHES.search(text), special


@pytest.mark.parametrize("line", ["hashes", "the hashrate", "a nonce", "MH/s", "J/TH", "sha256d", "prefixes"])
def test_such_words_are_seen(line: str) -> None:
    assert WORDS.search(line)


@pytest.mark.parametrize(
    "line", ["hashwatt", "from hashlib import sha256", "a stream of bytes", "shared", "determined"]
)
def test_other_words_are_not(line: str) -> None:
    assert not WORDS.search(line)
