"""Where the names of a roofline's levels go: above their lines, beside the marks, and never on each other.

All in CSS pixels from a panel's lower left corner; pure geometry, so that it can be tried without drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# A line of small text, and about what a letter of it takes.
LINE_PX = 14.0
LETTER_PX = 6.6
# From a line up to the name above it, and from where a level begins to its name.
ABOVE_PX = 3.0
BESIDE_PX = 8.0
# What a mark takes to either side, and how far a name moves on to get past one.
MARK_PX = 8.0
STEP_PX = 10.0


@dataclass(frozen=True)
class Level:
    """A level line: its name, where it begins, and its height."""

    words: str
    start: float
    up: float


@dataclass(frozen=True)
class Box:
    """What a text of some lines takes up: its lower left corner and its size."""

    lines: tuple[str, ...]
    left: float
    bottom: float
    width: float
    height: float

    def is_near(self, x: float, y: float, across: float, up: float) -> bool:
        """Whether it comes within so many pixels of a place."""
        return (
            self.left - across < x < self.left + self.width + across
            and self.bottom - up < y < self.bottom + self.height + up
        )


def groups_of(levels: Sequence[Level]) -> list[list[Level]]:
    """Levels that are too close for a name each, the lowest group first; in each the highest level first.

    A group's names stand above its highest line, one above the other, and below the next group's lowest line.
    """
    groups = [[level] for level in sorted(levels, key=lambda level: level.up)]
    at = 0
    while at + 1 < len(groups):
        if groups[at][0].up + height_px(groups[at]) > groups[at + 1][-1].up:
            groups[at : at + 2] = [[*groups[at + 1], *groups[at]]]
            # What has grown may now reach down to the one before.
            at = max(0, at - 1)
        else:
            at += 1
    return groups


def height_px(group: Sequence[Level]) -> float:
    """What a group's names need above its highest line."""
    return ABOVE_PX + len(group) * LINE_PX + ABOVE_PX


def names_of(
    levels: Sequence[Level], marks: Sequence[tuple[float, float]], width: float, steepness: float
) -> list[Box]:
    """The names' boxes: beyond the slope, which climbs by `steepness`, and away from the marks where there is room.

    Above the group's lines, or below them where marks are in the way.
    """
    groups = groups_of(levels)
    boxes: list[Box] = []
    for group in groups:
        lines = tuple(level.words for level in group)
        wide, high = max(map(len, lines)) * LETTER_PX, len(lines) * LINE_PX
        # The slope goes on up to the highest level.
        beyond = 0.0 if group is groups[-1] or not steepness else height_px(group) / steepness
        above = group[0].start + BESIDE_PX + beyond, group[0].up + ABOVE_PX
        below = group[-1].start + BESIDE_PX, group[-1].up - ABOVE_PX - high
        tried = [
            Box(lines, left, bottom, wide, high)
            for first, bottom in (above, below)
            for left in _along(first, max(0.0, width - wide))
        ]
        free = (
            box
            for box in tried
            if box.bottom >= 0
            and not any(box.is_near(x, y, MARK_PX, MARK_PX) for x, y in marks)
            and not any(box.bottom < level.up < box.bottom + high for level in levels)
            and not any(_overlap(box, other) for other in boxes)
        )
        boxes.append(next(free, tried[0]))
    return boxes


def _along(first: float, last: float) -> list[float]:
    return [min(first + STEP_PX * step, last) for step in range(int(max(0.0, last - first) / STEP_PX) + 1)]


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.bottom < other.bottom + other.height
        and other.bottom < one.bottom + one.height
    )
