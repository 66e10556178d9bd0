"""`hashwatt` with the fake devices among those of this machine: started as a script of its own."""

from __future__ import annotations

from hashwatt.__main__ import main
from hashwatt.cli.live.progress import Lines
from hashwatt.kernels.registry import BACKENDS


class EveryRound(Lines):
    """Names each round, as a terminal does: so that a test can wait for what was measured, and not for seconds."""

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        self._named.clear()
        super().stage(device, text, total, unit)


if __name__ == "__main__":
    from hashwatt.cli.live import progress

    progress.Lines = EveryRound  # type: ignore[misc]
    BACKENDS["fake"] = ".fakes.device"
    main()
