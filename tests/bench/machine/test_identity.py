"""A machine's id: the same between two starts, another after one, and no name."""

from __future__ import annotations

import re

import psutil
import pytest

from hashwatt.bench.machine import identity
from hashwatt.bench.machine.identity import boot_id, machine_id


def test_it_is_the_same_each_time_and_holds_no_name() -> None:
    assert machine_id() == machine_id()
    assert re.fullmatch("[0-9a-f]{16}", machine_id())


def test_another_start_or_another_host_is_another_machine() -> None:
    ids = {machine_id(boot, host) for boot in ("a", "b") for host in ("x", "y")}
    assert len(ids) == 4
    # What stands before and after the border cannot be shifted across it.
    assert machine_id("ab", "c") != machine_id("b", "ca")


def test_without_a_boot_id_the_time_of_the_start_stands_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "read_line", lambda _path: None)
    monkeypatch.setattr(identity, "run_sysctl", lambda _name: None)
    monkeypatch.setattr(psutil, "boot_time", lambda: 1_700_000_001.0)
    first = boot_id()
    # The clock was set by a second: it is still the same start.
    monkeypatch.setattr(psutil, "boot_time", lambda: 1_700_000_002.0)
    assert boot_id() == first
    monkeypatch.setattr(psutil, "boot_time", lambda: 1_700_100_000.0)
    assert boot_id() != first


@pytest.mark.parametrize(("system", "told"), [("Linux", "from proc"), ("Darwin", "from sysctl"), ("Windows", None)])
def test_each_system_is_asked_in_its_own_way(system: str, told: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr(identity, "read_line", lambda _path: "from proc")
    monkeypatch.setattr(identity, "run_sysctl", lambda _name: "from sysctl")
    monkeypatch.setattr(psutil, "boot_time", lambda: 1_700_000_000.0)
    assert boot_id() == (told or "170000000")
