"""`python -m tests.attack`: the tables of docs/proof.md, `-o docs/proof.md` to put them there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from .forgeries import FORGERIES, Forgery
from .overclaim import EFFORTS, claim_rows, gain_of_choosing, highest_claim, proven_share

BEGIN, END = "<!-- attack:begin -->\n", "<!-- attack:end -->\n"
CHOICES = {
    "none": "none",
    "challenges": "the best of 100 runs, each of which costs all its work",
    "stop": "when to stop, any time after 200 expected shares",
    "target": "the claim, and with it which shares are kept",
}


def tables() -> str:
    """All tables, in Markdown."""
    return "\n".join([*forgery_lines(), "", *claim_lines(), "", *size_lines(), "", *choice_lines(), ""])


def forgery_lines() -> Iterator[str]:
    """What was tried, and what stands in its way."""
    yield "| forgery | what it would gain | what `verify` says |"
    yield "|---|---|---|"
    for forgery in FORGERIES:
        yield f"| {forgery.name} | {forgery.gain} | {answer(forgery)} |"


def answer(forgery: Forgery) -> str:
    """What becomes of a forgery, in words."""
    if forgery.refused_by:
        return f"refused: {', '.join(f'`{code}`' for code in forgery.refused_by)}"
    pointers = ", ".join(f"`{pointer}`" for pointer in forgery.trusted)
    return "; ".join(filter(None, (f"holds; in `trusted`: {pointers}" if pointers else "", forgery.bounded)))


def claim_lines() -> Iterator[str]:
    """The chance that a claim passes, by how far it exceeds the work and by what the verifier does again."""
    yield "| claim ÷ work | " + " | ".join(_effort(effort) for effort in EFFORTS) + " |"
    yield "|---" * (len(EFFORTS) + 1) + "|"
    for claim, cells in claim_rows():
        yield f"| {claim:g} | " + " | ".join(f"{_chance(one)} ({_chance(two)})" for one, two in cells) + " |"


def size_lines() -> Iterator[str]:
    """What the number of shares decides."""
    yield "| shares expected | proven of an honest claim | claim ÷ work that passes once in two | once in a thousand |"
    yield "|---|---|---|---|"
    for wanted in (200, 1000, 10_000, 40_000):
        even, rare = highest_claim(wanted, 0.5), highest_claim(wanted, 0.001)
        yield f"| {wanted:,} | {100 * proven_share(wanted):.1f} % | {even:.3f} | {rare:.3f} |"


def choice_lines() -> Iterator[str]:
    """What it helps to choose after the fact."""
    yield "| what is chosen afterwards | claim ÷ work that passes | once in a thousand | proven exceeds the work |"
    yield "|---|---|---|---|"
    for kind, words in CHOICES.items():
        gain = gain_of_choosing(kind)
        yield f"| {words} | {gain.middle:.3f} | {gain.one_in_a_thousand:.3f} | {100 * gain.proven_exceeds:.2g} % |"


def _effort(effort: float) -> str:
    return f"{100 * effort:g} % done again" if effort else "plain `verify`"


def _chance(chance: float) -> str:
    if chance >= 0.9995:
        return "1"
    if chance < 1e-30:
        return "0"
    return f"{chance:.2g}" if chance >= 1e-4 else f"{chance:.0e}"


def main() -> int:
    """Print the tables, or put them between the marks of a page."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, metavar="PAGE", help="write them between the marks of this page")
    page = parser.parse_args().output
    if page is None:
        print(tables())
        return 0
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        parser.error(f"{page} has no marks to write between")
    page.write_text(before + begin + "\n" + tables() + "\n" + end + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
