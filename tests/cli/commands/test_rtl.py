"""`hashwatt rtl`: what it prints, what it refuses, and what it says where the extra is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hashwatt.kernels.rtl.extra as extra
from hashwatt.kernels.rtl.extra import missing
from tests.kernels.rtl.priced import tiny_silicon
from tests.kernels.rtl.toys import TINY

from ..terminal import run_here

if TYPE_CHECKING:
    from hashwatt.kernels.rtl.asic.flow import Silicon

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def installed() -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.mark.parametrize("command", [("emit",), ("place", "--family", "ice40"), ("synth", "--liberty", str(TINY))])
def test_without_the_extra_the_command_says_what_to_install(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    outcome = run_here(capsys, "rtl", *command)
    assert outcome.code == 2
    assert 'pip install ".[rtl]"' in outcome.err


def test_validate_needs_no_extra(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    document = run_here(capsys, "rtl", "validate", "--json").document
    assert document["origin"] == "modelled"
    assert document["bound_factor"] >= 1
    assert {chip["chip"] for chip in document["chips"]} >= {"A3222", "BMZ1"}


def test_validate_prints_the_bound(capsys: Capture) -> None:
    outcome = run_here(capsys, "rtl", "validate")
    assert outcome.code == 0
    assert "within a factor of" in outcome.out


def test_emit_prints_verilog(capsys: Capture, installed: None) -> None:
    outcome = run_here(capsys, "rtl", "emit", "--stages", "2")
    assert outcome.code == 0
    assert "module sha256d_core(" in outcome.out


def test_synth_says_that_its_figures_are_modelled(
    capsys: Capture, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashwatt.kernels.rtl.asic import flow
    from hashwatt.kernels.rtl.asic.timing import Conditions
    from hashwatt.kernels.rtl.shape import Shape

    silicon = tiny_silicon()

    def price_once(shape: Shape, liberty: Sequence[Path], conditions: Conditions, *_: Any) -> Silicon:
        """Synthesis takes ten seconds: both ways to print it share one, and it is that of test_gate_level.py."""
        assert (shape, liberty, conditions) == (Shape(1), [TINY], Conditions())
        return silicon

    monkeypatch.setattr(flow, "price", price_once)
    outcome = run_here(capsys, "rtl", "synth", "--liberty", str(TINY), "-q")
    assert outcome.code == 0
    assert "modelled" in outcome.out
    assert "glitches" in outcome.out
    document = run_here(capsys, "rtl", "synth", "--liberty", str(TINY), "-q", "--json").document
    assert document["origin"] == "modelled"
    assert document["energy"]["clock_j"] > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("emit", "--stages", "0"), "1 to 61 stages"),
        (("emit", "--stages", "62"), "1 to 61 stages"),
        (("place", "--family", "virtex"), "ice40, ecp5"),
        (("place", "--family", "ice40", "--seeds", "0"), "give 1 to 100"),
        (("synth", "--liberty", "absent.lib"), "qflow-tech-osu018"),
        (("synth", "--wire-ff", "-1"), "give 0 to 1000"),
        (("synth", "--wire-ff", "nan"), "give 0 to 1000"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    capsys: Capture, installed: None, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = run_here(capsys, "rtl", *arguments)
    assert outcome.code == 2
    assert sentence in outcome.err


def test_a_file_that_is_no_library_is_named(capsys: Capture, installed: None, tmp_path: Path) -> None:
    path = tmp_path / "notes.lib"
    path.write_text("shopping: milk", encoding="utf-8")
    outcome = run_here(capsys, "rtl", "synth", "--liberty", str(path), "-q")
    assert outcome.code == 2
    assert "notes.lib is not a Liberty file" in outcome.err
