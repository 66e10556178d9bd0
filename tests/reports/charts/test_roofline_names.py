"""Names of levels that lie close to each other stand apart, from each other and from marks and lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.reports.charts.roofline import places_of_numbers
from hashwatt.reports.charts.roofline_names import Box, Level, groups_of, names_of

WIDE, NARROW = 742.0, 222.0


def levels(*heights: float, start: float = 60.0) -> list[Level]:
    return [Level(f"float{number} 123 GFLOP/s", start, up) for number, up in enumerate(heights)]


def overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.bottom < other.bottom + other.height
        and other.bottom < one.bottom + one.height
    )


def crossed(box: Box, lines: Sequence[Level]) -> bool:
    return any(box.bottom < level.up < box.bottom + box.height for level in lines)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("heights", [(100, 102), (100, 100), (100, 112, 118), (100, 140, 141, 155, 200), (10, 300)])
def test_names_of_close_levels_are_neither_on_each_other_nor_on_a_line(
    width: float, heights: tuple[float, ...]
) -> None:
    lines = levels(*heights)
    boxes = names_of(lines, [], width, 0.5)
    assert sorted(word for box in boxes for word in box.lines) == sorted(level.words for level in lines)
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    assert not any(crossed(box, lines) for box in boxes)


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_any_heights_do(heights: list[float]) -> None:
    lines = levels(*heights)
    boxes = names_of(lines, [], WIDE, 0.5)
    assert sum(len(box.lines) for box in boxes) == len(heights)
    assert not any(overlap(*pair) for pair in combinations(boxes, 2))
    assert not any(crossed(box, lines) for box in boxes)


def test_names_of_a_group_are_in_the_order_of_their_lines() -> None:
    ((high, low),) = groups_of(levels(100, 104))
    assert high.up > low.up


def test_names_go_past_marks_and_the_slope() -> None:
    lines = levels(100.0, 250.0)
    marks = [(90.0, 108.0), (140.0, 105.0)]
    boxes = names_of(lines, marks, WIDE, 0.5)
    assert not any(box.is_near(x, y, 0, 0) for box in boxes for x, y in marks)
    low = boxes[0]
    # At the name's left end the slope is above it already.
    assert 100 + 0.5 * (low.left - 60) >= low.bottom + low.height
    numbers = places_of_numbers(marks, boxes)
    assert not any(box.is_near(x, y, 4, 4) for box in boxes for x, y in numbers)


def test_names_go_below_their_lines_where_a_mark_is_in_the_way_above() -> None:
    marks = [(x, 108.0) for x in range(0, int(NARROW), 10)]
    (box,) = names_of(levels(100.0), marks, NARROW, 0.5)
    assert box.bottom + box.height < 100
    assert not any(box.is_near(x, y, 0, 0) for x, y in marks)


def test_a_number_is_not_on_a_level_s_line() -> None:
    ((_, up),) = places_of_numbers([(100.0, 100.0)], (), [102.0])
    assert abs(up - 102) > 6
