"""A Python for another processor is noticed: its figures would be the translator's."""

from __future__ import annotations

import pytest

from hashwatt.bench.warnings.judge import judge_translation
from hashwatt.kernels.system import translation
from hashwatt.kernels.system.translation import ROSETTA, WINDOWS, translator

pytestmark = pytest.mark.elsewhere


def machine(monkeypatch: pytest.MonkeyPatch, system: str, processor: str, name: str = "Some CPU") -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: processor)
    monkeypatch.setattr(translation, "cpu_name", lambda: name)
    monkeypatch.setattr(translation, "run_sysctl", lambda name: None)


def test_rosetta_is_noticed_by_its_own_word_or_by_the_processors_name(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "Darwin", "x86_64")
    assert translator() is None
    monkeypatch.setattr(translation, "run_sysctl", {"sysctl.proc_translated": "1"}.get)
    assert translator() == ROSETTA
    machine(monkeypatch, "Linux", "x86_64", "VirtualApple @ 2.50GHz")
    assert translator() == ROSETTA
    (warning,) = judge_translation()
    assert warning.code == "translated"
    assert "Rosetta" in warning.text


def test_windows_on_arm_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "Windows", "AMD64")
    monkeypatch.setattr(translation, "_native_machine", lambda: 0xAA64)
    assert translator() == WINDOWS
    monkeypatch.setattr(translation, "_native_machine", lambda: 0x8664)
    assert translator() is None


@pytest.mark.parametrize(("system", "processor"), [("Darwin", "arm64"), ("Windows", "ARM64"), ("Linux", "aarch64")])
def test_a_python_for_the_machines_own_processor_is_not_translated(
    system: str, processor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, system, processor)
    assert translator() is None
    assert judge_translation() == []
