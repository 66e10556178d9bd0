"""Liberty files are read as the format says, and anything else is refused with a sentence."""

from __future__ import annotations

import gzip
import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.rtl.asic.boolean import truth_table
from hashwatt.kernels.rtl.asic.installed import require_liberty
from hashwatt.kernels.rtl.asic.liberty import parse_liberty
from hashwatt.kernels.rtl.asic.library import load_library

from .toys import TINY, tiny


def test_units_are_turned_into_si() -> None:
    library = tiny()
    inverter = library.cells["INV"]
    assert (library.voltage_v, library.temperature_c) == (2.0, 25.0)
    assert inverter.leakage_w == pytest.approx(0.5e-6)
    assert inverter.pins["A"].capacitance_f == pytest.approx(0.01e-12)
    (arc,) = inverter.pins["Y"].arcs
    assert arc.rise_delay is not None
    assert arc.rise_delay.at(123e-12, 0.5e-12) == pytest.approx(5.3e-9)
    (energy,) = inverter.pins["Y"].energies
    assert energy.rise is not None
    assert energy.rise.at(0, 0) == pytest.approx(0.05e-12)


@pytest.mark.parametrize("name", ["INV", "N*", "*2", "*"])
def test_cells_are_found_by_their_names_and_by_parts_of_them(name: str) -> None:
    tiny().require_cells(["NAND2", name])


@pytest.mark.parametrize("name", ["INVX", "", "N.*", "inv", "*; exec -- touch it", "x" * 10_000, "*" * 1000 + "x"])
def test_a_name_that_no_cell_has_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="has no cell") as refused:
        tiny().require_cells(["NAND2", name])
    assert len(str(refused.value)) <= 120


def test_a_table_is_read_between_its_points_and_beyond_them() -> None:
    arc = tiny().cells["NAND2"].pins["Y"].arcs[0]
    assert arc.fall_delay is not None
    assert arc.fall_delay.at(0.5e-9, 0.25e-12) == pytest.approx((0.1 + 0.25 + 2.5) * 1e-9)
    assert arc.fall_delay.at(2e-9, 2e-12) == pytest.approx((0.1 + 1.0 + 20) * 1e-9)


def test_one_timing_group_for_several_pins_is_an_arc_for_each(tmp_path: Path) -> None:
    path = tmp_path / "tiny.lib"
    path.write_text(
        TINY.read_text(encoding="utf-8").replace('related_pin : "A"', 'related_pin : "A B"'), encoding="utf-8"
    )
    assert [arc.related_pin for arc in load_library([path]).cells["NOR2"].pins["Y"].arcs] == ["A", "B", "B"]


def test_a_compressed_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "tiny.lib.gz"
    path.write_bytes(gzip.compress(TINY.read_bytes()))
    assert load_library([path]).cells.keys() == tiny().cells.keys()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "library(x) {", "library(x) { a : ", "library(x) { } trailing (", "{" * 99]
)
def test_what_is_no_liberty_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.lib is not a Liberty file that can be used \(line 1: "):
        parse_liberty(text, "x.lib")


def test_broken_files_are_refused_and_never_crash(tmp_path: Path) -> None:
    whole = TINY.read_bytes()
    source = random.Random(7)
    path = tmp_path / "broken.lib"
    for _ in range(60):
        broken = bytearray(whole[: source.randrange(len(whole))])
        for _ in range(source.randrange(1, 4)):
            if broken:
                broken[source.randrange(len(broken))] = source.randrange(256)
        path.write_bytes(bytes(broken))
        with suppress(InputError):
            load_library([path])


def test_a_missing_file_is_answered_with_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="qflow-tech-osu018"):
        require_liberty((str(tmp_path / "absent.lib"),))


@pytest.mark.parametrize(
    ("expression", "table"),
    [
        ("A", 0b1010),
        ("!A", 0b0101),
        ("A'", 0b0101),
        ("A & B", 0b1000),
        ("A*B", 0b1000),
        ("A B", 0b1000),
        ("A + B", 0b1110),
        ("A | B", 0b1110),
        ("A ^ B", 0b0110),
        ("(A+B)'", 0b0001),
        ("!(A B)'", 0b1000),
        ("A ^ B & A", 0b0010),
        ("A + B ^ A", 0b1110),
        ("1", 0b1111),
        ("0", 0b0000),
    ],
)
def test_functions_become_truth_tables(expression: str, table: int) -> None:
    assert truth_table(expression, ["A", "B"]) == table


@pytest.mark.parametrize("expression", ["", "A &", "(A", "A)", "C", "A ? B", "& A"])
def test_functions_that_make_no_sense_are_refused(expression: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        truth_table(expression, ["A", "B"])


@given(st.text(alphabet="AB!'&*|+^() 01", max_size=12))
def test_no_text_makes_the_function_reader_crash(expression: str) -> None:
    with suppress(InputError):
        assert 0 <= truth_table(expression, ["A", "B"]) < 16
