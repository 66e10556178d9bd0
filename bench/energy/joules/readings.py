"""What a meter answered, and when: the raw material of every energy figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..meter import Reading


@dataclass(frozen=True)
class Point:
    """One attempt to read: it began at `before_s` and ended at `after_s` (on the measurement's clock).

    `reading` is None where it failed, and `error` says why. `cpu_s` is the CPU time it cost. The
    next attempt was due after `due_s` (None: after the meter's own interval).
    """

    before_s: float
    after_s: float
    reading: Reading | None
    error: str | None = None
    cpu_s: float = 0.0
    due_s: float | None = None

    @property
    def at_s(self) -> float:
        """The best guess of the moment the value belongs to."""
        return (self.before_s + self.after_s) / 2


@dataclass(frozen=True)
class Window:
    """A stretch of time, in seconds on the measurement's clock."""

    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


def hull(windows: Sequence[Window]) -> Window:
    """From the start of the first to the end of the last (of at least one, in order)."""
    return Window(windows[0].start_s, windows[-1].end_s)


def within(points: Sequence[Point], windows: Sequence[Window]) -> list[Point]:
    """The points inside any of the windows."""
    return [point for point in points if any(window.start_s <= point.at_s <= window.end_s for window in windows)]


def around(points: list[Point], window: Window) -> list[Point]:
    """The points inside a window, and one usable point on each side of it."""
    inside = [point for point in points if window.start_s <= point.at_s <= window.end_s]
    earlier = [point for point in points if point.at_s < window.start_s and point.reading is not None]
    later = [point for point in points if point.at_s > window.end_s and point.reading is not None]
    return earlier[-1:] + inside + later[:1]


def attempts(points: list[Point], windows: Sequence[Window]) -> list[Point]:
    """The attempts within the windows and the nearest one on each side of each, successful or not."""
    near: dict[int, Point] = {}
    for window in windows:
        inside = [point for point in points if window.start_s <= point.at_s <= window.end_s]
        earlier = [point for point in points if point.at_s < window.start_s]
        later = [point for point in points if point.at_s > window.end_s]
        near.update((id(point), point) for point in (*earlier[-1:], *inside, *later[:1]))
    return list(near.values())


def silences(points: list[Point]) -> int:
    """How many times the meter fell silent: failed readings in a row count once."""
    failed = [point.reading is None for point in points]
    return sum(now and not before for now, before in zip(failed, [False, *failed], strict=False))


def first_error(points: list[Point]) -> str | None:
    """The first reason given for a failed reading."""
    return next((point.error for point in points if point.error is not None), None)
