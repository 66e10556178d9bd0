"""Scaling and validation: the published example comes out, and every stored figure keeps its word."""

from __future__ import annotations

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.rtl.scaling import energy_factor, scaled_energy
from hashwatt.kernels.rtl.validate import bound, crosschecks, synthesised, validate


def test_the_corrigendum_s_example_comes_out() -> None:
    # 1 pJ in 65 nm at 1.3 V is 0.1755 pJ in 32 nm at 0.9 V.
    assert energy_factor(32, 0.9) == pytest.approx(0.4571, abs=1e-4)
    assert energy_factor(65, 1.3) == pytest.approx(2.604, abs=1e-3)
    assert scaled_energy(1.0, (65, 1.3), (32, 0.9)) == pytest.approx(0.1755, abs=1e-4)


def test_a_process_between_two_published_ones_lies_between_them() -> None:
    assert energy_factor(32, 0.8) > energy_factor(28, 0.8) > energy_factor(20, 0.8)


@pytest.mark.parametrize(("process_nm", "voltage_v"), [(250, 2.5), (5, 0.5), (180, 0.3)])
def test_scaling_beyond_what_was_published_is_refused(process_nm: float, voltage_v: float) -> None:
    with pytest.raises(InputError, match="published scaling"):
        energy_factor(process_nm, voltage_v)


def test_every_chip_has_a_source_a_bracket_and_a_factor() -> None:
    chips = validate()
    assert len(chips) >= 8
    for chip in chips:
        assert chip.source
        assert 0 < chip.modelled_j_per_gh[0] <= chip.modelled_j_per_gh[1]
        assert 0.2 < chip.factor < 5, chip


def test_the_bound_covers_every_chip() -> None:
    limit = bound()
    assert limit >= bound("standard cells") >= 1
    for chip in validate():
        assert 1 / limit <= chip.factor <= limit


def test_every_extrapolation_between_libraries_shows_its_error() -> None:
    checks = crosschecks()
    assert checks
    for check in checks:
        assert check.from_nm > check.to_nm
        assert check.error == pytest.approx(check.predicted_j_per_gh / check.synthesised_j_per_gh - 1)


def test_stored_cores_name_their_tools_and_their_command() -> None:
    for core in synthesised():
        assert core.tools
        assert f"--stages {core.stages}" in core.command
        assert core.heat_w_per_mm2 > 0
