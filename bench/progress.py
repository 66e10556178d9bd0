"""What a long operation tells whoever shows progress; showing it is not the harness's business."""

from __future__ import annotations

from typing import Protocol


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


class NoProgress:
    """Shows nothing."""

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """Nothing."""

    def advance(self, amount: float, rate: float | None) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""
