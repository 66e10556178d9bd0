"""Whether answers account for the work that is claimed, and whether some of them are right."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..evidence import Answer, Claim, Evidence, Finding, Recompute
from .inputs import seed_of, values
from .numbering import block_lines, blocks_of, operands_of
from .prints import prints_of
from .product import Product
from .task import digest_of

# What a file may ask to be computed again at a time.
MOST_PRODUCTS = 1 << 16
# A 64-bit seed's number is far from here.
MOST_NUMBER = 1 << 40
COVERS = ("/evidence/answers/*/index", "/evidence/answers/*/amount", "/evidence/answers/*/sample")


@dataclass(frozen=True)
class _Stretch:
    """An answer's products: `count` of them from number `first` on, and which block of their lines."""

    first: int
    count: int
    block: int


def check_answers(product: Product, evidence: Evidence, claim: Claim, name: str) -> list[Finding]:
    """Whether the answers are of products that were each done once, and account for every sample's amount."""
    if not isinstance(evidence, Recompute):
        return [Finding(code="evidence", ok=False, sentence=f"{name} leaves answers to compute again, nothing else")]
    amounts = [0] * len(claim.amounts)
    stretches: dict[tuple[int, int], set[int]] = {}
    for answer in evidence.answers:
        stretch = _stretch(product, answer)
        if stretch is None or answer.sample >= len(amounts):
            return [Finding(code="answers", ok=False, sentence=f"answer {answer.index} is of no product that there is")]
        seen = stretches.setdefault((stretch.first, stretch.count), set())
        if stretch.block in seen:
            return [Finding(code="answers", ok=False, sentence=f"answer {answer.index} stands there twice")]
        seen.add(stretch.block)
        amounts[answer.sample] += answer.amount
    if tuple(amounts) != claim.amounts:
        return [Finding(code="answers", ok=False, sentence="the answers do not account for what the samples did")]
    blocks = blocks_of(product.lines)
    stop = 0
    for (first, count), seen in sorted(stretches.items()):
        if first < stop or len(seen) != blocks:
            text = "counted twice" if first < stop else "not answered for on all lines"
            return [Finding(code="answers", ok=False, sentence=f"product {first} is {text}")]
        stop = first + count
    sentence = f"{len(evidence.answers)} answers account for all products, each of them counted once"
    return [Finding(code="answers", ok=True, sentence=sentence, covers=COVERS)]


def compute_again(
    product: Product, evidence: Evidence, claim: Claim, count: int, advance: Callable[[int], None]
) -> Sequence[Finding]:
    """Compute so many answers again, drawn by their amounts, on this machine's CPU."""
    if not isinstance(evidence, Recompute) or not evidence.answers:
        return []
    if any(_stretch(product, answer) is None for answer in evidence.answers):
        return [Finding(code="recompute", ok=False, sentence="there are answers of no product that there is")]
    total = sum(answer.amount for answer in evidence.answers)
    drawn = {_drawn(evidence.answers, secrets.randbelow(total)) for _ in range(count)}
    wrong = []
    for place in sorted(drawn):
        answer = evidence.answers[place]
        if _digest(product, answer, claim) != answer.digest_hex:
            wrong.append(answer.index)
        advance(answer.amount)
    if wrong:
        return [Finding(code="recompute", ok=False, sentence=f"answer {wrong[0]}, computed again, is another")]
    share = sum(evidence.answers[place].amount for place in drawn) / total
    sentence = (
        f"{len(drawn)} of {len(evidence.answers)} answers ({share:.1%} of the work), computed again, are the same"
    )
    return [Finding(code="recompute", ok=True, sentence=sentence)]


def _drawn(answers: Sequence[Answer], ticket: int) -> int:
    for place, answer in enumerate(answers):
        ticket -= answer.amount
        if ticket < 0:
            return place
    return len(answers) - 1


def _stretch(product: Product, answer: Answer) -> _Stretch | None:
    """Which products an answer is of; None where there are none such."""
    first, block = divmod(answer.index, blocks_of(product.lines))
    count, rest = divmod(answer.amount, len(block_lines(block, product.lines)) * product.line_units)
    if rest or not 1 <= count <= MOST_PRODUCTS or first > MOST_NUMBER:
        return None
    return _Stretch(first, count, block)


def _digest(product: Product, answer: Answer, claim: Claim) -> str:
    stretch = _stretch(product, answer)
    assert stretch is not None
    lines = block_lines(stretch.block, product.lines)
    return digest_of(np.stack(list(_prints(product, stretch, lines, claim))))


def _prints(product: Product, stretch: _Stretch, lines: range, claim: Claim) -> Iterator[np.ndarray]:
    """The prints of these lines of each product; operands that come again are made once."""
    rows = product.left_rows(lines)
    made: dict[tuple[str, int], np.ndarray] = {}
    for number in range(stretch.first, stretch.first + stretch.count):
        left, right = operands_of(number, product.side)
        needed = {("left", left): rows, ("right", right): range(product.right.rows)}
        # Left operands come again soon, a right one serves a whole turn of them: no more than these are kept.
        made = {key: value for key, value in made.items() if key in needed or key[0] == "left"}
        for (side, operand), which in needed.items():
            if (side, operand) not in made:
                box = product.left if side == "left" else product.right
                seed = seed_of(claim, side, operand)
                made[side, operand] = values(box, seed, which.start, which.stop).astype(np.float64)
            if len(made) > product.side + 1:
                made.pop(next(key for key in made if key not in needed))
        expected = product.expected(made["left", left], made["right", right], lines)
        yield prints_of(expected.astype(np.int64), lines.start)
