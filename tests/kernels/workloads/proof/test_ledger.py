"""What is counted is kept within bounds, however long it goes on, and can be cut back to any sample."""

from __future__ import annotations

import random
from functools import reduce
from operator import xor

from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.workloads.evidence import Span
from hashwatt.kernels.workloads.proof.ledger import Counted, Ledger

LEAF = 64
HIGHEST = 1 << 32


def ledger(wanted: int = 1000) -> Ledger:
    # One nonce in eight brings a share, with an even value below HIGHEST.
    return Ledger(LEAF, wanted, lambda nonces, shares: min(HIGHEST, HIGHEST * shares * 8 // max(nonces, 1)))


def counted_into(book: Ledger, sizes: list[list[int]], gaps: random.Random) -> list[list[Counted]]:
    """Count samples of scans of those sizes, as a task does: no scan crosses the border of a leaf."""
    position = 0
    samples = []
    for number, sample in enumerate(sizes):
        scans, pending = [], 0
        for size in sample:
            left = size
            while left:
                piece = min(left, book.room(pending))
                shares = [(position + n, gaps.randrange(HIGHEST)) for n in range(piece) if gaps.random() < 1 / 8]
                scans.append(Counted(position, piece, gaps.randrange(1 << 32), shares))
                position, pending, left = position + piece, pending + piece, left - piece
            position += gaps.choice((0, 0, 7))
        book.count(scans, number)
        samples.append(scans)
    return samples


@given(st.lists(st.lists(st.integers(1, 200), max_size=4), min_size=1, max_size=8), st.integers(0, 99), st.data())
def test_the_first_samples_alone_are_what_they_were(sizes: list[list[int]], seed: int, data: st.DataObject) -> None:
    book = ledger()
    samples = counted_into(book, sizes, random.Random(seed))
    first = data.draw(st.integers(0, len(samples)))
    scans = [scan for sample in samples[:first] for scan in sample]
    part = book.first(first)
    assert part.nonces == sum(scan.nonces for scan in scans) == sum(span.nonces for span in part.spans)
    walked = [position for scan in scans for position in range(scan.start, scan.start + scan.nonces)]
    assert walked == [n for span in part.spans for n in range(span.start, span.start + span.nonces)]
    assert reduce(xor, part.checksums, 0) == reduce(xor, (scan.checksum for scan in scans), 0)
    assert len(part.checksums) == -(-part.nonces // LEAF)
    assert part.end == (walked[-1] + 1 if walked else 0)


def test_the_room_of_a_leaf_is_what_counted_and_pending_nonces_leave_of_it() -> None:
    book = ledger()
    assert [book.room(pending) for pending in (0, 1, 63, 64, 70)] == [64, 63, 1, 64, 58]
    book.count([Counted(0, 40, 1)], 0)
    assert [book.room(pending) for pending in (0, 1, 23, 24, 30)] == [24, 23, 1, 64, 58]


def test_the_first_samples_end_in_the_last_span_that_they_reach() -> None:
    book = ledger()
    for number, (start, nonces) in enumerate(((0, 10), (20, 5), (40, 7))):
        book.count([Counted(start, nonces, 1)], number)
    assert book.first(2).spans == (Span(start=0, nonces=10), Span(start=20, nonces=5))
    assert book.first(1).spans == (Span(start=0, nonces=10),)
    assert [book.first(samples).spans for samples in (0, 3, 9)] == [
        (),
        *[(*book.first(2).spans, Span(start=40, nonces=7))] * 2,
    ]


def test_a_scan_of_nothing_leaves_no_trace() -> None:
    book = ledger()
    book.count([Counted(0, 10, 1), Counted(90, 0, 0), Counted(10, 5, 2)], 0)
    assert book.first(1).spans == (Span(start=0, nonces=15),)


def test_four_times_as_many_shares_as_are_wanted_may_be_there() -> None:
    asked: list[tuple[int, int]] = []

    def harder(nonces: int, shares: int) -> int:
        asked.append((nonces, shares))
        return 1

    book = Ledger(LEAF, 10, harder)
    book.count([Counted(0, 50, 0, [(key, key % 4) for key in range(40)])], 0)
    assert (len(book.shares), asked) == (40, [])
    book.count([Counted(50, 1, 0, [(50, 2)])], 0)
    # Down to twice what is wanted, by the nonces until now.
    assert asked == [(51, 20)]
    assert book.shares == [(key, key % 4) for key in range(40) if key % 4 <= 1]


def test_shares_are_thinned_out_and_never_too_far() -> None:
    book = ledger(wanted=100)
    gaps = random.Random(3)
    most = 0
    for number in range(300):
        start = number * LEAF
        shares = [(start + n, gaps.randrange(HIGHEST)) for n in range(LEAF) if gaps.random() < 1 / 8]
        book.count([Counted(start, LEAF, 0, shares)], number)
        most = max(most, len(book.shares))
    assert most < 500
    limit = book.harder(book.nonces, 100)
    kept = sum(value <= limit for _, value in book.shares)
    assert 60 < kept < 140


def test_scans_one_after_another_are_one_span() -> None:
    book = ledger()
    book.count([Counted(0, 64, 1), Counted(64, 64, 2)], 0)
    book.count([Counted(128, 64, 4), Counted(1000, 32, 8)], 1)
    assert book.first(2).spans == (Span(start=0, nonces=192), Span(start=1000, nonces=32))
    assert book.first(2).checksums == [1, 2, 4, 8]
    assert book.first(1).checksums == [1, 2]
    assert book.leaves == 4
    # More samples than there are hold no more, and none hold nothing.
    assert book.first(9) == book.first(2)
    for nothing in (book.first(0), ledger().first(0), ledger().first(3)):
        assert (nothing.nonces, nothing.spans, nothing.checksums, nothing.end) == (0, (), [], 0)


def test_a_leaf_of_two_samples_has_the_xor_of_both() -> None:
    book = ledger()
    book.count([Counted(0, 16, 7), Counted(16, 16, 2)], 0)
    book.count([Counted(32, 32, 3)], 1)
    assert book.first(1).checksums == [5]
    assert book.first(2).checksums == [6]


def test_four_times_as_many_as_are_wanted_are_kept_and_no_more() -> None:
    asked: list[tuple[int, int]] = []

    def harder(nonces: int, shares: int) -> int:
        asked.append((nonces, shares))
        return 2

    book = Ledger(LEAF, 1, harder)
    book.count([Counted(0, 8, 0, [(key, key) for key in range(4)])], 0)
    assert [key for key, _ in book.shares] == [0, 1, 2, 3]
    book.count([Counted(8, 8, 0, [(9, 9)])], 1)
    assert [key for key, _ in book.shares] == [0, 1, 2]
    # Down to twice what is wanted, of all that was counted.
    assert asked == [(16, 2)]
