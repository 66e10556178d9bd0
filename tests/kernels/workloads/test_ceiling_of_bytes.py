"""The ceiling of bytes on a CPU is what the device does at most: AMX's where it may be used, else the dot products'."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hashwatt.kernels.cpu.cores.amx import why_no_amx
from hashwatt.kernels.device import Executes
from hashwatt.kernels.workloads.ceilings import PROBES
from hashwatt.kernels.workloads.peak import launches

from .pairs.devices import cpu


@pytest.fixture
def device() -> Iterator[Executes]:
    opened = cpu()
    yield opened
    opened.close()


@pytest.mark.parametrize("number", ["int8", "int16"])
def test_without_amx_it_is_the_convolution_s_own_dot_products(
    device: Executes, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launches, "uses_amx", lambda _number, _info: False)
    probe = PROBES[number](device)
    assert "the convolution's" in probe.explanation
    assert (probe.unit, probe.way) == ("operation", "")
    assert probe.rate() > 1e6


@pytest.mark.parametrize(("number", "unit"), [("int8", "operation"), ("bfloat16", "flop")])
def test_with_amx_it_is_the_peak_of_its_tiles(device: Executes, number: str, unit: str) -> None:
    reason = why_no_amx(number)
    if reason is not None:
        pytest.skip(reason)
    probe = PROBES[number](device)
    assert probe.explanation == f"what peak's kernel of {number} does in registers (AMX)"
    assert (probe.unit, probe.way) == (unit, "AMX")
    # Of tiles a launch does so much more that no other kernel comes near: counted, not timed.
    assert launches.format_of(number, device.info).step_operations >= 64
    assert probe.rate() > 1e6
