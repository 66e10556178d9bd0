"""Windows' and macOS's words on their batteries, as bytes."""

from __future__ import annotations

import plistlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.system.battery_state import BatteryState, parse_ioreg
from hashwatt.kernels.system.windows.battery import parse

pytestmark = pytest.mark.elsewhere


def state(plugged: int, present: int, charging: int, discharging: int, capacity: int, rate_mw: int) -> bytes:
    """SYSTEM_BATTERY_STATE of winnt.h."""
    return struct.pack(
        "<4B4xLLlLLL", plugged, present, charging, discharging, capacity, capacity // 2, rate_mw, 3600, 1, 2
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (state(0, 1, 0, 1, 56_000, -12_340), BatteryState(True, False, False, 12.34)),
        (state(1, 1, 1, 0, 56_000, 30_000), BatteryState(True, True, True, None)),
        (state(1, 0, 0, 0, 0, 0), BatteryState(False, True, False, None)),
        (state(0, 1, 0, 1, 56_000, -(1 << 31)), BatteryState(True, False, False, None)),
        (state(0, 1, 0, 1, 100, -20), BatteryState(True, False, False, None)),
    ],
    ids=["discharged", "charged", "none", "unknown rate", "counts in parts of its capacity"],
)
def test_windows_words_are_understood(data: bytes, expected: BatteryState) -> None:
    assert parse(data) == expected


def test_too_few_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        parse(bytes(31))


def plist(**entry: Any) -> bytes:
    return plistlib.dumps([{"BatteryInstalled": True, "Voltage": 12_000, **entry}])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (plist(ExternalConnected=False, InstantAmperage=-1500), BatteryState(True, False, False, 18.0)),
        (plist(ExternalConnected=False, InstantAmperage=2**64 - 1500), BatteryState(True, False, False, 18.0)),
        (plist(ExternalConnected=True, IsCharging=True, Amperage=900), BatteryState(True, True, True, None)),
        (plist(ExternalConnected=False), BatteryState(True, False, False, None)),
        (b"", BatteryState(False, True, False, None)),
    ],
    ids=["discharged", "as if unsigned", "charged", "no current", "a Mac without one"],
)
def test_ioregs_property_list_is_understood(data: bytes, expected: BatteryState) -> None:
    assert parse_ioreg(data) == expected


@pytest.mark.parametrize("data", [b"<plist>", b"nonsense", plistlib.dumps(["x"]), b"x" * (2 << 20)])
def test_what_is_no_such_list_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="ioreg"):
        parse_ioreg(data)


@given(st.binary(max_size=120))
def test_whatever_bytes_come_they_are_understood_or_refused(data: bytes) -> None:
    for read in (parse, parse_ioreg):
        try:
            read(data)
        except ValueError:
            continue
