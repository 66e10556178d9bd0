"""What a long operation tells whoever shows progress; showing it is not the harness's business."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol, runtime_checkable

from . import interrupts


class Progress(Protocol):
    """Receives progress, always from the thread that called the operation."""

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """A new stage of `device` begins; `total` is what its `advance` amounts will add up to, None if unknown.

        `unit`: what the rates that `advance` tells count ("byte"), where it tells any.
        """
        ...

    def advance(self, amount: float, rate: float | None) -> None:
        """`amount` more is done (seconds when sampling, else units of work), lately at `rate` units a second."""
        ...

    def done(self) -> None:
        """The last stage ended; called once, also after a failure."""
        ...


@runtime_checkable
class ShowsOutlook(Protocol):
    """Progress that can also show how long the whole has taken, and will."""

    def outlook(self, text: str) -> None:
        """That text, of the stages that follow."""
        ...


class NoProgress:
    """Shows nothing."""

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """Nothing."""

    def advance(self, amount: float, rate: float | None) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""


class Guarded:
    """Shows progress as long as it can be shown, and ends the run where a signal has come in a place that hid it.

    A terminal that has gone away must not cost the measurement.
    """

    def __init__(self, shown: Progress) -> None:
        """Progress that is shown by `shown`."""
        self._shown = shown

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """See Progress."""
        interrupts.check()
        with suppress(OSError, ValueError):
            self._shown.stage(device, text, total, unit)

    def outlook(self, text: str) -> None:
        """See ShowsOutlook."""
        if isinstance(self._shown, ShowsOutlook):
            with suppress(OSError, ValueError):
                self._shown.outlook(text)

    def advance(self, amount: float, rate: float | None) -> None:
        """See Progress."""
        interrupts.check()
        with suppress(OSError, ValueError):
            self._shown.advance(amount, rate)

    def done(self) -> None:
        """See Progress."""
        with suppress(OSError, ValueError):
            self._shown.done()
