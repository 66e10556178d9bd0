"""Buffers that a caller names by number, of which large ones stay when all is given back, for the next work.

To touch memory for the first time costs a core a second for some GiB, and rows of a suite want arrays of the same sizes
one after another. Nothing of what a buffer held goes from one owner to the next: it begins with zeros each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .errors import DeviceError

# Large enough that first touches cost more than what is done here.
KEPT_FROM_BYTES = 8 << 20
# What stayed may serve as a buffer of a part of its size, but of no smaller one: it would be missed where it is wanted.
LEAST_PART = 4


class Numbered:
    """Things that a caller names by number. A number that was never given, or is of the past, is a DeviceError."""

    def __init__(self, device_id: str, what: str) -> None:
        """Nothing yet; `what` is the word for one of them."""
        self._device_id = device_id
        self._what = what
        self._things: dict[int, Any] = {}
        self._last = 0

    def add(self, thing: Any) -> int:
        """The number of a new one."""
        self._last += 1
        self._things[self._last] = thing
        return self._last

    def get(self, number: int) -> Any:
        """The one of that number. Raises DeviceError."""
        if number not in self._things:
            raise DeviceError(f"{self._device_id} has no {self._what} {number}; make one first")
        return self._things[number]

    def clear(self) -> None:
        """Forget all; numbers are not given twice."""
        self._things.clear()


class Buffers(Numbered):
    """Buffers of zeros, as far as nobody has written into them; each has its `size` in bytes.

    No more memory is held than was in use at one time: for other sizes than before what stayed longest is given back.

    One that comes from an earlier owner is made zeros when it is first looked at, but for what was written from its
    beginning on by then: most are filled as a whole.
    """

    def __init__(
        self,
        device_id: str,
        make: Callable[[int], Any],
        zero: Callable[[Any, int], None],
        first: Callable[[Any, int], Any] | None = None,
    ) -> None:
        """`make` gives a new buffer of so many zeros; `zero` makes the bytes of one from so many on zeros.

        `first` gives so many first bytes of one as a buffer (None: there are no parts of buffers, or no good ones).
        """
        super().__init__(device_id, "buffer")
        self._make = make
        self._zero = zero
        self._first = first
        # What those are a part of that have not all of it.
        self._whole: dict[int, Any] = {}
        self._kept: list[Any] = []
        # What was in use at the same time; with what is kept it never is more.
        self._most_bytes = 0
        # Of those that come from an earlier owner: how many of the first bytes are this one's.
        self._own_bytes: dict[int, int] = {}

    def allocate(self, size_bytes: int) -> int:
        """The number of one of that size. Raises DeviceError."""
        if size_bytes < KEPT_FROM_BYTES:
            return self.add(self._make(size_bytes))
        at = next((at for at, held in enumerate(self._kept) if held.size == size_bytes), None)
        if at is not None:
            number = self.add(self._kept.pop(at))
            self._own_bytes[number] = 0
            return number
        if self._first is not None and (larger := self._larger(size_bytes)) is not None:
            whole = self._kept.pop(larger)
            number = self.add(self._first(whole, size_bytes))
            self._whole[number] = whole
            self._own_bytes[number] = 0
            return number
        in_use = size_bytes + sum(held.size for held in self._in_use())
        most_bytes = max(self._most_bytes, in_use)
        while self._kept and in_use + sum(held.size for held in self._kept) > most_bytes:
            del self._kept[0]
        made = self._made(size_bytes)
        # What there was no room for was never in use.
        self._most_bytes = most_bytes
        return self.add(made)

    def _in_use(self) -> list[Any]:
        """What was allocated, as a whole."""
        return [self._whole.get(number, held) for number, held in self._things.items()]

    def _larger(self, size_bytes: int) -> int | None:
        """The place of the smallest of what stayed that is larger, but not by far; None where there is none."""
        most = LEAST_PART * size_bytes
        fitting = (at for at, held in enumerate(self._kept) if size_bytes < held.size <= most)
        return min(fitting, key=lambda at: int(self._kept[at].size), default=None)

    def _made(self, size_bytes: int) -> Any:
        try:
            return self._make(size_bytes)
        except DeviceError:
            if not self._kept:
                raise
        self._kept.clear()
        return self._make(size_bytes)

    def get(self, number: int) -> Any:
        """The buffer of that number. Raises DeviceError."""
        held = super().get(number)
        if number in self._own_bytes:
            self._zero(held, self._own_bytes[number])
            del self._own_bytes[number]
        return held

    @contextmanager
    def to_overwrite(self, number: int, offset_bytes: int, size_bytes: int, read_bytes: int = 0) -> Iterator[Any]:
        """The buffer, of which so many bytes are written within, and the first `read_bytes` read. Raises DeviceError.

        Where writing fails, all behind what was this owner's is made zeros before anybody looks at it.
        """
        held, end_bytes = super().get(number), offset_bytes + size_bytes
        own_bytes = self._own_bytes.get(number)
        if own_bytes is None or not 0 <= offset_bytes <= own_bytes <= end_bytes <= held.size or read_bytes > own_bytes:
            yield self.get(number)
            return
        yield held
        self._own_bytes[number] = end_bytes
        if end_bytes == held.size:
            del self._own_bytes[number]

    def release(self) -> None:
        """Give all back; large ones stay, as long as there is room for others beside them."""
        large = [held for held in self._in_use() if held.size >= KEPT_FROM_BYTES]
        # Whatever is interrupted in between, none has two owners: what stays is nobody's any more.
        self.clear()
        self._whole.clear()
        self._own_bytes.clear()
        self._kept += large

    def close(self) -> None:
        """Give back what stayed as well."""
        self.release()
        self._kept.clear()
