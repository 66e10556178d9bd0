"""A cell library: what timing and energy need of a Liberty file, in SI units.

Internal energies are joules a transition: Liberty gives `rise_power` and `fall_power` as energy for
each rising and each falling transition, in units of voltage² × capacitance (docs/silicon.md has the
check by hand).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from .liberty import Group, read_liberty

Floats = npt.NDArray[np.float64]

PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15, "a": 1e-18, "k": 1e3}
# Energy drawn from ground is not drawn a second time.
GROUNDS = ("VSS", "VGND", "GND", "vss", "gnd")
# The axes of tables by the names Liberty has for them; what else there is (a second net's load) is not looked at.
LOAD_AXES = ("total_output_net_capacitance",)
RELATED_SLEW_AXES = ("related_pin_transition",)


@dataclass(frozen=True, eq=False)
class Table:
    """Values over two axes: `rows` are slews in s (of the pin itself), `columns` loads in F or related slews in s."""

    rows: Floats
    columns: Floats
    values: Floats

    def at(self, row: float, column: float) -> float:
        """The value between (or linearly beyond) the table's points."""
        top, bottom, down = _between(self.rows, row)
        left, right, across = _between(self.columns, column)
        v = self.values
        upper = v[top, left] * (1 - across) + v[top, right] * across
        lower = v[bottom, left] * (1 - across) + v[bottom, right] * across
        return float(upper * (1 - down) + lower * down)


@dataclass(frozen=True, eq=False)
class Arc:
    """How a change of `related_pin` reaches an output: delay and slew of the output's rise and fall, in s."""

    related_pin: str
    sense: str
    kind: str
    rise_delay: Table | None
    fall_delay: Table | None
    rise_slew: Table | None
    fall_slew: Table | None


@dataclass(frozen=True, eq=False)
class Constraint:
    """The setup time an input needs before the clock's edge, in s: rows are its slew, columns the clock's."""

    related_pin: str
    rise: Table | None
    fall: Table | None


@dataclass(frozen=True, eq=False)
class InternalEnergy:
    """Joules inside the cell for a pin's rise and fall; `related_pins` empty: whatever caused it."""

    related_pins: tuple[str, ...]
    when: str
    rise: Table | None
    fall: Table | None


@dataclass(frozen=True, eq=False)
class Pin:
    """A pin. `capacitance_f`: what it loads its net with. `function`: of an output, empty where there is none."""

    name: str
    is_output: bool
    is_clock: bool
    capacitance_f: float
    function: str
    arcs: tuple[Arc, ...]
    setups: tuple[Constraint, ...]
    energies: tuple[InternalEnergy, ...]


@dataclass(frozen=True)
class FlipFlop:
    """A cell's memory: its two internal names (true and inverted), what it takes over, and at which edge."""

    state: str
    inverted_state: str
    next_state: str
    clocked_on: str


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell: `area` in the library's unit (commonly µm²), leakage in W."""

    name: str
    area: float
    leakage_w: float
    pins: dict[str, Pin]
    flip_flop: FlipFlop | None

    @property
    def outputs(self) -> Iterator[Pin]:
        """The pins that drive nets."""
        return (pin for pin in self.pins.values() if pin.is_output)

    @property
    def inputs(self) -> list[str]:
        """The names of the pins that do not."""
        return [pin.name for pin in self.pins.values() if not pin.is_output]


@dataclass(frozen=True, eq=False)
class Library:
    """A library at one corner. `voltage_v`: its nominal supply."""

    name: str
    voltage_v: float
    temperature_c: float
    cells: dict[str, Cell]

    def require_cells(self, patterns: Iterable[str]) -> None:
        """Raise InputError where no cell is called so; `*` stands for any letters."""
        for pattern in patterns:
            # Of several stars in a row each would be tried with every length.
            form = re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))))
            if not any(form.fullmatch(name) for name in self.cells):
                raise InputError(f"{self.name:.30} has no cell {pattern!r:.40}; give a cell's name, * for any letters")


def load_library(paths: Iterable[Path]) -> Library:
    """The cells of one or several Liberty files, which together are one library. Raises InputError."""
    libraries = [_library(read_liberty(path), str(path)) for path in paths]
    if not libraries:
        raise InputError("there is no Liberty file; give one with --liberty PATH")
    first = libraries[0]
    for other in libraries[1:]:
        if other.voltage_v != first.voltage_v:
            raise InputError(
                f"{other.name} is for {other.voltage_v} V and {first.name} for {first.voltage_v} V; "
                "give files of one corner"
            )
    cells = {name: cell for library in libraries for name, cell in library.cells.items()}
    return Library(first.name, first.voltage_v, first.temperature_c, cells)


def _library(group: Group, path: str) -> Library:
    try:
        reader = _Reader(group)
        cells = {cell.name: reader.cell(cell) for cell in group.of_kind("cell")}
        voltage = group.number("nom_voltage")
        for conditions in group.of_kind("operating_conditions"):
            if conditions.name == group.text("default_operating_conditions"):
                voltage = conditions.number("voltage", voltage)
        temperature = group.number("nom_temperature", 25.0)
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path} has a value that cannot be read ({error}); give another Liberty file") from error
    if not cells or voltage <= 0:
        raise InputError(f"{path} has no cells or no supply voltage (nom_voltage); give a cell library")
    return Library(group.name, voltage, temperature, cells)


class _Reader:
    """Turns groups into cells, with one library's units and table templates."""

    def __init__(self, library: Group) -> None:
        self._time_s = _unit(library.text("time_unit", "1ns"))
        factor, unit = library.attributes.get("capacitive_load_unit", ("1", "pf"))
        self._load_f = float(factor) * _unit("1" + unit)
        self._leakage_w = _unit(library.text("leakage_power_unit", "1nW"))
        self._energy_j = _unit(library.text("voltage_unit", "1V")) ** 2 * self._load_f
        self._default_leakage = library.number("default_cell_leakage_power")
        self._templates = {
            group.name: group for kind in ("lu_table_template", "power_lut_template") for group in library.of_kind(kind)
        }

    def cell(self, group: Group) -> Cell:
        """A `cell` group."""
        flip_flop = None
        for ff in group.of_kind("ff"):
            flip_flop = FlipFlop(ff.arguments[0], ff.arguments[1], ff.text("next_state"), ff.text("clocked_on"))
        return Cell(
            name=group.name,
            area=group.number("area"),
            leakage_w=self._leakage(group),
            pins={pin.name: self._pin(pin) for pin in group.of_kind("pin")},
            flip_flop=flip_flop,
        )

    def _leakage(self, group: Group) -> float:
        by_state = [
            state.number("value")
            for state in group.of_kind("leakage_power")
            if state.text("related_pg_pin") not in GROUNDS
        ]
        if "cell_leakage_power" in group.attributes:
            return group.number("cell_leakage_power") * self._leakage_w
        return (sum(by_state) / len(by_state) if by_state else self._default_leakage) * self._leakage_w

    def _pin(self, group: Group) -> Pin:
        timings = list(group.of_kind("timing"))
        setups = [timing for timing in timings if timing.text("timing_type").startswith("setup_")]
        arcs = [
            timing
            for timing in timings
            if "cell_rise" in {inner.kind for inner in timing.groups}
            or "cell_fall" in {inner.kind for inner in timing.groups}
        ]
        return Pin(
            name=group.name,
            is_output=group.text("direction") == "output",
            is_clock=group.text("clock") == "true",
            capacitance_f=group.number("capacitance") * self._load_f,
            function=group.text("function"),
            arcs=tuple(self._arc(timing, pin) for timing in arcs for pin in timing.text("related_pin").split()),
            setups=tuple(
                Constraint(
                    timing.text("related_pin"),
                    self._table(timing, "rise_constraint", self._time_s),
                    self._table(timing, "fall_constraint", self._time_s),
                )
                for timing in setups
            ),
            energies=tuple(
                InternalEnergy(
                    tuple(power.text("related_pin").split()),
                    power.text("when"),
                    self._table(power, "rise_power", self._energy_j) or self._table(power, "power", self._energy_j),
                    self._table(power, "fall_power", self._energy_j) or self._table(power, "power", self._energy_j),
                )
                for power in group.of_kind("internal_power")
                if power.text("related_pg_pin") not in GROUNDS
            ),
        )

    def _arc(self, timing: Group, related_pin: str) -> Arc:
        return Arc(
            related_pin=related_pin,
            sense=timing.text("timing_sense", "non_unate"),
            kind=timing.text("timing_type", "combinational"),
            rise_delay=self._table(timing, "cell_rise", self._time_s),
            fall_delay=self._table(timing, "cell_fall", self._time_s),
            rise_slew=self._table(timing, "rise_transition", self._time_s),
            fall_slew=self._table(timing, "fall_transition", self._time_s),
        )

    def _table(self, parent: Group, kind: str, unit: float) -> Table | None:
        for group in parent.of_kind(kind):
            return self._values(group, unit)
        return None

    def _values(self, group: Group, unit: float) -> Table:
        template = self._templates.get(group.name)
        names = [template.text(f"variable_{axis}") for axis in (1, 2)] if template else ["", ""]
        axes = [
            _numbers(
                group.attributes.get(f"index_{axis}")
                or (template.attributes.get(f"index_{axis}", ()) if template else ())
            )
            for axis in (1, 2)
        ]
        values = _numbers(group.attributes["values"])
        sizes = [max(len(axis), 1) for axis in axes]
        if values.size != sizes[0] * sizes[1]:
            if values.size != 1:
                raise ValueError(f"a table of {values.size} values with axes of {sizes[0]} and {sizes[1]}")
            axes, sizes = [np.zeros(1), np.zeros(1)], [1, 1]
        table = values.reshape(sizes) * unit
        rows, columns = (axis if axis.size else np.zeros(1) for axis in axes)
        first_is_column = names[0] in LOAD_AXES + RELATED_SLEW_AXES
        if first_is_column:
            rows, columns, table = columns, rows, table.T
        column_name = names[0] if first_is_column else names[1]
        column_unit = self._time_s if column_name in RELATED_SLEW_AXES else self._load_f
        return Table(rows * self._time_s, columns * column_unit, np.ascontiguousarray(table))


def _numbers(texts: Iterable[str]) -> Floats:
    return np.array(
        [float(number) for text in texts for number in re.split(r"[,\s]+", text.strip()) if number], np.float64
    )


def _unit(text: str) -> float:
    """`1ns`, `10ps`, `1pf`, `1nW` in SI units."""
    match = re.fullmatch(r"\s*([0-9.]+)\s*([munpfak]?)([a-zA-Z]+)\s*", text)
    if match is None:
        match = re.fullmatch(r"\s*([0-9.]+)\s*()([a-zA-Z]+)\s*", text)
    if match is None:
        raise ValueError(f"the unit {text!r:.20}")
    return float(match[1]) * PREFIXES[match[2]]


def _between(axis: Floats, value: float) -> tuple[int, int, float]:
    """The two neighbouring points and how far between them; beyond the ends the last two are continued."""
    if len(axis) == 1:
        return 0, 0, 0.0
    upper = int(np.clip(np.searchsorted(axis, value), 1, len(axis) - 1))
    return upper - 1, upper, float((value - axis[upper - 1]) / (axis[upper] - axis[upper - 1]))
