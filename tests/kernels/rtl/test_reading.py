"""What tools write as JSON is read strictly: anything else is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.rtl.asic.netlist import read_netlist
from hashwatt.kernels.rtl.fpga.family import FAMILIES
from hashwatt.kernels.rtl.workshop import ToolFailed

from .toys import tiny

FAMILY = next(iter(FAMILIES.values()))
BROKEN = [b"", b"[]", b"{", b"\xff", b'{"modules": {"toy": {"ports": {}}}}', b'{"fmax": {"clk": {"achieved": "fast"}}}']


def test_a_router_s_report_is_read_past_what_is_not_needed(amaranth: None, tmp_path: Path) -> None:
    from hashwatt.kernels.rtl.fpga.place import read_report

    path = tmp_path / "report.json"
    path.write_bytes(
        b'{"fmax": {"clk": {"achieved": 51.5, "constraint": 120.0}}, "critical_paths": [],'
        b' "utilization": {"ICESTORM_LC": {"used": 5350, "available": 7680}}}'
    )
    report = read_report(path, FAMILY)
    assert report.fmax["clk"].achieved == 51.5
    assert (report.utilization["ICESTORM_LC"].used, report.utilization["ICESTORM_LC"].available) == (5350, 7680)


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_report_or_netlist_is_one_sentence(amaranth: None, content: bytes, tmp_path: Path) -> None:
    from hashwatt.kernels.rtl.fpga.place import read_report

    path = tmp_path / "made.json"
    path.write_bytes(content)
    with pytest.raises(ToolFailed, match="cannot be read"):
        read_report(path, FAMILY)
    with pytest.raises(InputError, match="cannot be read"):
        read_netlist(path, tiny(), "toy")


def test_a_netlist_without_the_module_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_bytes(b'{"modules": {}}')
    with pytest.raises(InputError, match="has no module 'toy'"):
        read_netlist(path, tiny(), "toy")
