"""Which nonces a proof counts, and where they lie: spans against plain lists of positions."""

from __future__ import annotations

import numpy as np
import pytest

from hashwatt.kernels.headers.job import NONCES
from hashwatt.kernels.workloads.evidence import Shares, Span
from hashwatt.kernels.workloads.proof.headers import target_to_hex
from hashwatt.kernels.workloads.proof.walk import Place, Walk

BORDER = NONCES


def walk(*spans: tuple[int, int]) -> Walk:
    """Of spans by start and length."""
    return Walk(
        Shares(
            target_hex=target_to_hex(1),
            wanted=1,
            prefixes=1,
            leaf_nonces=1,
            spans=tuple(Span(start=start, nonces=nonces) for start, nonces in spans),
            checksums="",
            count=0,
            shares="",
        )
    )


SPANS = ((5, 3), (8, 2), (20, 1), (BORDER - 3, 6), (3 * BORDER, 4))
COUNTED = [position for start, nonces in SPANS for position in range(start, start + nonces)]


def test_spans_ascend_where_none_begins_before_the_one_before_has_ended() -> None:
    assert walk(*SPANS).is_ascending
    assert walk().is_ascending
    assert walk((5, 3), (8, 1)).is_ascending
    assert not walk((5, 3), (7, 1)).is_ascending
    assert not walk((5, 3), (8, 1), (0, 1)).is_ascending


def test_a_walk_knows_its_nonces_and_its_end() -> None:
    assert (walk().nonces, walk().end) == (0, 0)
    assert (walk(*SPANS).nonces, walk(*SPANS).end) == (len(COUNTED), 3 * BORDER + 4)


def test_a_position_is_held_where_it_was_counted() -> None:
    near = sorted({position + beside for position in COUNTED for beside in (-1, 0, 1)} | {0, 1, 4 * BORDER})
    held = walk(*SPANS).holds(np.array(near, np.uint64))
    assert [position for position, inside in zip(near, held.tolist(), strict=True) if inside] == COUNTED
    assert walk().holds(np.array([0, 1], np.uint64)).tolist() == [False, False]


@pytest.mark.parametrize("first", range(len(COUNTED) + 1))
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 50])
def test_places_are_the_counted_nonces_in_their_order_header_by_header(first: int, count: int) -> None:
    places = list(walk(*SPANS).places(first, count))
    assert all(place.nonces and place.nonces.stop <= NONCES for place in places)
    found = [(place.running_number << 32) + nonce for place in places for nonce in place.nonces]
    assert found == COUNTED[first : first + count]


def test_a_place_is_cut_at_gaps_and_at_headers_alone() -> None:
    assert list(walk(*SPANS).places(0, len(COUNTED))) == [
        Place(0, range(5, 8)),
        Place(0, range(8, 10)),
        Place(0, range(20, 21)),
        Place(0, range(NONCES - 3, NONCES)),
        Place(1, range(3)),
        Place(3, range(4)),
    ]
    assert str(Place(3, range(4))) == "nonces 0 to 3 under header 3"
