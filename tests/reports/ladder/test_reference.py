"""Every figure that is not measured here names its source, fits its own units, and leaves blank what is unknown."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest

from hashwatt.reports.ladder.modelled import efficiency_bounds, modelled_devices
from hashwatt.reports.ladder.reference import (
    ReferenceDevice,
    fault_of,
    read_table,
    reference_devices,
)

ROWS = [*reference_devices(), *modelled_devices()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_has_a_source_and_units_that_agree(row: ReferenceDevice) -> None:
    assert row.source.strip() == row.source
    assert fault_of(row) is None
    if row.hashrate_mhs and row.efficiency_j_per_th and row.power_w:
        assert row.hashrate_mhs * 1e6 * row.efficiency_j_per_th * 1e-12 == pytest.approx(row.power_w, rel=0.005)


def test_each_published_row_has_an_address_a_vendor_a_form_and_terms() -> None:
    for row in reference_devices():
        assert row.url is not None, row.name
        assert row.vendor, row.name
        assert row.form, row.name
        assert row.licence, row.name


def test_nothing_is_released_before_2004_or_after_its_source() -> None:
    for row in reference_devices():
        if row.released:
            assert 2004 <= int(row.released[:4]) <= 2026, row.name
            if row.source_date:
                assert row.released[: len(row.source_date)] <= row.source_date[: len(row.released)], row.name


def test_watts_that_nobody_metered_are_marked_as_such() -> None:
    for row in reference_devices():
        if row.power_note and row.power_note.startswith("tdp"):
            assert row.power_scope == "tdp", row.name
        if row.efficiency_j_per_th is None:
            assert row.power_w is None, row.name


def test_a_derived_figure_says_how_and_an_outlier_why() -> None:
    for row in reference_devices():
        if row.origin == "derived":
            assert row.note or row.outlier, row.name
        assert row.outlier is None or len(row.outlier) > 8, row.name


def test_all_published_figures_are_there() -> None:
    assert Counter(row.kind for row in reference_devices()) == {"cpu": 38, "gpu": 105, "fpga": 25, "asic": 261}
    assert Counter(row.grade for row in reference_devices())["secondary"] > 100
    assert {row.power_scope for row in reference_devices()} == {"tdp", "chip", "board", "system", "wall", None}


def test_one_device_is_of_one_kind_and_no_row_tells_of_how_the_file_came_about() -> None:
    kinds: dict[str, set[str]] = {}
    for row in reference_devices():
        kinds.setdefault(row.device, set()).add(row.kind)
        assert not re.search("old row|old year|session", f"{row.note} {row.power_note} {row.released_source}")
    assert all(len(found) == 1 for found in kinds.values())


def test_an_unknown_figure_is_blank_and_never_nought() -> None:
    columns = ("released", "process_nm", "die_area_mm2", "hashrate_mhs", "power_w", "efficiency_j_per_th")
    cells = [row[column] for row in read_table("reference_devices.csv") for column in columns]
    assert "" in cells
    assert not {"0", "0.0", "?", "unknown", "n/a", "nan"} & set(cells)


def test_no_row_stands_twice() -> None:
    seen = Counter((row.device, row.source, row.hashrate_mhs, row.power_w) for row in ROWS)
    assert max(seen.values()) == 1


def test_cited_and_modelled_rows_are_told_apart() -> None:
    assert {row.origin for row in reference_devices()} == {"cited", "derived", "estimated"}
    assert {row.origin for row in modelled_devices()} == {"modelled"}


def test_a_modelled_chips_efficiency_lies_within_its_bounds() -> None:
    chips = [row for row in modelled_devices() if row.kind == "asic"]
    assert chips
    for row in chips:
        low, high = efficiency_bounds()[row.name]
        assert row.efficiency_j_per_th is not None
        assert low < row.efficiency_j_per_th < high


GOOD = msgspec.structs.replace(
    reference_devices()[8],
    hashrate_mhs=100.0, power_w=50.0, efficiency_j_per_th=500_000.0, released="2012-05", source_date="2013",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"released": "2014"}, "released 2014, after its source of 2013"),
        ({"power_w": 60.0}, "100.0 MH/s × 500000.0 J/TH is 50 W, not 60.0 W"),
        ({"hashrate_mhs": None, "efficiency_j_per_th": None}, "neither a hashrate nor an efficiency"),
        ({"efficiency_j_per_th": None}, "power without the hashrate or the efficiency that belongs to it"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, str | float | None], fault: str) -> None:
    assert fault_of(GOOD) is None
    assert fault_of(msgspec.structs.replace(GOOD, **changes)) == fault


@pytest.mark.parametrize(
    "changes",
    [
        {"source": None},
        {"kind": "toaster"},
        {"origin": "measured"},
        {"released": "1999"},
        {"released": "2013-13"},
        {"power_scope": "guess"},
        {"form": "toaster"},
        {"hashrate_mhs": "-1"},
        {"url": "x"},
    ],
)
def test_a_row_outside_the_schema_is_refused(changes: dict[str, str | None]) -> None:
    fields: dict[str, str | None] = {
        name: value or None for name, value in read_table("reference_devices.csv")[0].items()
    }
    msgspec.convert(fields, ReferenceDevice, strict=False)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields | changes, ReferenceDevice, strict=False)
