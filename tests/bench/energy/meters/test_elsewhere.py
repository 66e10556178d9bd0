"""Meters on Windows and macOS: what can be had there, and why not the rest, in the words of that system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hashwatt.bench.energy.meter import MeterError, MeterFound, MeterMissing
from hashwatt.bench.energy.meters import apple, battery, battery_told, command, hwmon, nvml, rapl
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.system.battery_state import BatteryState

pytestmark = pytest.mark.elsewhere

LINUX_WORDS = ("modprobe", "dmesg", "sensors-detect", "kernel log", ".so", "/sys", "/dev", "apt install", "container")
DISCHARGED = BatteryState(present=True, plugged=False, charging=False, drawn_w=18.5)
CHARGED = BatteryState(present=True, plugged=True, charging=True, drawn_w=None)
NONE = BatteryState(present=False, plugged=True, charging=False, drawn_w=None)


@pytest.fixture(params=["Windows", "Darwin"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr("platform.system", lambda: name)
    return name


def telling(monkeypatch: pytest.MonkeyPatch, system: str, *states: BatteryState | Exception) -> None:
    left = list(states)

    def ask() -> BatteryState:
        state = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(state, Exception):
            raise state
        return state

    monkeypatch.setitem(battery.TOLD, system, (ask, 30.0))


def test_a_laptop_that_is_unplugged_measures_at_its_battery(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, system, DISCHARGED)
    (entry,) = battery.find()
    assert isinstance(entry, MeterFound)
    assert (entry.info.scope, entry.info.coverage.subject, entry.info.update_s) == ("system", "machine", 30.0)
    assert entry.open().read().power_w == 18.5


def test_plugging_in_during_a_run_ends_the_readings(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, system, DISCHARGED, CHARGED)
    (entry,) = battery.find()
    assert isinstance(entry, MeterFound)
    with pytest.raises(MeterError, match="no longer runs on it"):
        entry.open().read()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (CHARGED, "a charger feeds the machine"),
        (NONE, "no battery"),
        (BatteryState(True, False, False, None), "does not tell how fast"),
        (OSError("CallNtPowerInformation answers 0xc0000022"), "does not tell of its batteries: CallNt"),
    ],
)
def test_a_laptop_that_tells_no_watts_says_why(
    state: BatteryState | Exception, reason: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling(monkeypatch, system, state)
    (entry,) = battery.find()
    assert isinstance(entry, MeterMissing)
    assert reason in entry.reason
    assert ("unplug" in entry.remedy) == (state is CHARGED)


def test_a_tree_of_linux_is_read_as_one_wherever_it_is_looked_at(system: str, tmp_path: Path) -> None:
    (entry,) = battery.find(tmp_path)
    assert isinstance(entry, MeterMissing)
    assert entry.reason == "this machine has no battery"


class FakeNvml:
    """As much of NVIDIA's binding as starting it needs."""

    NVML_ERROR_LIBRARY_NOT_FOUND, NVML_ERROR_DRIVER_NOT_LOADED, NVML_ERROR_FUNCTION_NOT_FOUND = 12, 9, 13
    NVML_ERROR_LIB_RM_VERSION_MISMATCH, NVML_ERROR_NO_PERMISSION = 18, 4


class Refusal(Exception):
    def __init__(self, value: int) -> None:
        super().__init__("refused")
        self.value = value


@pytest.mark.parametrize("code", [12, 9, 13, 18, 4, 999])
def test_no_word_of_another_system_is_said(code: int, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    telling(monkeypatch, system, NONE)
    entries = [
        nvml.why_not_started(FakeNvml, Refusal(code)),
        *rapl.find(),
        *hwmon.find(),
        *battery.find(),
        *apple.find("darwin" if system == "Darwin" else "win32", "x86_64"),
    ]
    for entry in entries:
        assert isinstance(entry, MeterMissing)
        words = f"{entry.reason}; {entry.remedy}"
        assert not any(word in words for word in LINUX_WORDS), words


def test_on_windows_the_library_is_named_as_it_is_called_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    assert "nvml.dll" in nvml.why_not_started(FakeNvml, Refusal(12)).reason


def test_under_rosetta_the_chip_is_not_called_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apple, "translator", lambda: "Rosetta")
    (entry,) = apple.find("darwin", "x86_64")
    assert isinstance(entry, MeterMissing)
    assert "translated by Rosetta" in entry.reason
    assert "arm64" in entry.remedy


@pytest.mark.parametrize(
    ("text", "line", "program", "name"),
    [
        (r"C:\Tools\m.exe -w", r"C:\Tools\m.exe -w", r"C:\Tools\m.exe", "m.exe"),
        (r' "C:\Program Files\m.exe" "a b"', r'"C:\Program Files\m.exe" "a b"', r"C:\Program Files\m.exe", "m.exe"),
        ("m.exe", "m.exe", "m.exe", "m.exe"),
    ],
)
def test_a_command_of_windows_keeps_its_backslashes(text: str, line: str, program: str, name: str) -> None:
    found = command.command_of(text, on_windows=True)
    assert (found.line, found.program) == (line, program)
    assert found.meter_id.startswith(f"exec:{name}-")
    assert "a b" not in found.meter_id


@pytest.mark.parametrize("text", ["", "   ", '""', '"'])
def test_no_command_of_windows_is_bad_input(text: str) -> None:
    with pytest.raises(InputError, match="needs a command"):
        command.command_of(text, on_windows=True)


def test_a_battery_meter_says_how_old_its_values_may_be() -> None:
    ask: Callable[[], BatteryState] = lambda: DISCHARGED  # noqa: E731 (typed)
    (entry,) = battery_told.find(ask, 60.0)
    assert isinstance(entry, MeterFound)
    assert "60 s old" in entry.info.bound_source
