"""`hashwatt` with the fake devices among those of this machine: started as a script of its own."""

from __future__ import annotations

from hashwatt.__main__ import main
from hashwatt.kernels.registry import BACKENDS

if __name__ == "__main__":
    BACKENDS["fake"] = ".fakes.device"
    main()
