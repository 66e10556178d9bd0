"""What a long operation tells whoever shows progress; showing it is not the harness's business."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives progress, always from the thread that called the operation."""

    def stage(self, device: str, text: str, total: float | None) -> None:
        """A new stage of `device` begins; `total` is what its `advance` amounts will add up to, None if unknown."""
        ...

    def advance(self, amount: float, rate_hs: float | None) -> None:
        """`amount` more is done (seconds when sampling, hashes when scanning), lately at `rate_hs` hashes a second."""
        ...

    def done(self) -> None:
        """The last stage ended; called once, also after a failure."""
        ...


class NoProgress:
    """Shows nothing."""

    def stage(self, device: str, text: str, total: float | None) -> None:
        """Nothing."""

    def advance(self, amount: float, rate_hs: float | None) -> None:
        """Nothing."""

    def done(self) -> None:
        """Nothing."""
