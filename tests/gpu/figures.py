"""What the first hour found, in words and figures for the eye: measured beside predicted, so that a fault shows.

In: the steps' answers, as `results.json` has them. Nothing of hashwatt is imported: this must work where it does not.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
LONGEST = 11_000
LONGEST_LINE = 240
# Of a reason: its beginning has the exit code, and the end of a traceback is its cause.
LONGEST_WHY = 170
SHOWN_CANDIDATES = 5
PIPES = ("pair", "pairshr", "rot15")
TERA, GIGA, MEGA = 1e12, 1e9, 1e6
TIMES = "÷ predicted"
NO_TIME = "no time was left"


def figures_of(document: Json) -> dict[str, Any]:
    """The key figures of a result file of one device, or of what `hashwatt run --json` prints, which has it inside.

    Those of its first row in full; of all rows (operations, number formats) what a line each shows.
    """
    document = document.get("result") or document
    results: Sequence[Json] = document.get("results") or ()
    result: Json = next(iter(results), {})
    rate, roof, kernel = (result.get(name) or {} for name in ("rate", "roof", "kernel"))
    candidates = kernel.get("candidates") or ()
    return {
        "device": (result.get("device") or {}).get("id"),
        "pci_address": (result.get("device") or {}).get("pci_address"),
        "status": result.get("status"),
        "reason": result.get("reason"),
        "unit": result.get("unit"),
        "rate": {name: rate.get(name) for name in ("value", "low", "high", "best")},
        "roof": {name: roof.get(name) for name in ("rate", "percent", "binds", "reason")},
        "kernel": kernel.get("name"),
        "compile_s": kernel.get("compile_s"),
        "race": [
            {name: candidate.get(name) for name in ("name", "rate_per_s", "compile_s", "reason")}
            for candidate in sorted(candidates, key=lambda one: -(one.get("rate_per_s") or 0))
        ],
        "energy": [_energy_of(one) for one in result.get("energy") or ()],
        "telemetry": result.get("telemetry") or [],
        "rows": [_row_of(one) for one in results],
        "warnings": [one.get("code") for one in (*document.get("warnings", ()), *(result.get("warnings") or ()))],
    }


def _row_of(result: Json) -> dict[str, Any]:
    parameters = result.get("parameters") or {}
    return {
        "of": ", ".join(str(value) for value in parameters.values()),
        "status": result.get("status"),
        "reason": result.get("reason"),
        "unit": result.get("unit"),
        "value": (result.get("rate") or {}).get("value"),
        "percent": (result.get("roof") or {}).get("percent"),
        "kernel": (result.get("kernel") or {}).get("name"),
    }


def _energy_of(energy: Json) -> dict[str, Any]:
    kept = ("meter", "method", "covers", "gross_j", "low_j", "high_j", "window_s", "reason")
    return {**{name: energy.get(name) for name in kept}, "efficiency": (energy.get("efficiency") or {})}


def summary(record: Json) -> str:
    """All key figures, in at most LONGEST characters: what decides first."""
    steps = {step["name"]: step for step in record.get("steps", ())}
    lines = [_cut(" ".join(line.splitlines())) for part in PARTS for line in _lines_of(part, record, steps)]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n… (results.json has the rest)"


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 2]} …"


def _lines_of(part: Any, record: Json, steps: Json) -> list[str]:
    """A part's lines, or why there are none: an answer of an unexpected form must not cost the others theirs."""
    lines = []
    try:
        lines.extend(part(record, steps))
    except Exception as error:
        lines.append(f"{part.__name__.strip('_'):10} cannot be shown: {type(error).__name__} {error}")
    return lines


def answer(steps: Json, name: str) -> Json:
    """What a step answered or had said before it was ended, {} where that is nothing."""
    step = steps.get(name) or {}
    told = step.get("answer") or step.get("so_far")
    return told if isinstance(told, Mapping) else {}


def _card(record: Json, steps: Json) -> Iterator[str]:
    device, machine, cuda = record.get("device") or {}, answer(steps, "machine"), answer(steps, "cuda")
    yield f"card       {device.get('name', 'none')}, by {record.get('path')}; {device.get('driver', '')}"
    limits = device.get("limits") or {}
    # The list of devices has no place; a result has.
    place = answer(steps, "first").get("pci_address") or answer(steps, "run").get("pci_address")
    yield (
        f"           {device.get('compute_units')} units, {limits.get('max_clock_mhz')} MHz by the driver, "
        f"PCI {place or 'unknown'}; second path: {(record.get('second') or {}).get('id', 'none')}"
    )
    if cuda:
        yield f"cuda       NVRTC {cuda.get('nvrtc')}, driver {cuda.get('driver')}, packages: {record.get('packages')}"
    elif why := (steps.get("cuda") or {}).get("why"):
        yield f"cuda       {why}"
    if machine:
        found = machine.get("opencl_libraries") or "none found"
        yield f"opencl     NVIDIA's library: {found}; .icd files: {sorted(machine.get('icd_files') or ())}"


def _rates(record: Json, steps: Json) -> Iterator[str]:
    predicted = answer(steps, "expected").get("hashrate_hs") or {}
    for name in ("first", "run", "run second", "rolled", "long"):
        run = answer(steps, name)
        if not (run.get("rate") or {}).get("value"):
            if name in steps and steps[name]["status"] == "done":
                yield f"{name:10} no rate: {run.get('status')}, {run.get('reason')}"
            continue
        verified = (steps.get(f"verify {name}") or {}).get("status", "not verified")
        rate = run["rate"]
        yield (
            f"{name:10} {run['device']} {run['kernel']}: {_in(GIGA, rate['value'])} "
            f"({_in(GIGA, rate['low'])} to {_in(GIGA, rate['high'])}) GH/s; verify: {verified}"
        )
        if name != "rolled":
            yield from _beside(run, predicted, _clock_hz(run, steps), answer(steps, "expected").get("rated_hz"))
        roof = run.get("roof") or {}
        yield f"           roof {_in(GIGA, roof.get('rate'))} GH/s, {_in(1, roof.get('percent'))} % of it reached"
        yield from _joules(run)
        if run.get("warnings"):
            yield f"           warnings: {', '.join(run['warnings'])}"


def _beside(run: Json, predicted: Json, clock_hz: float | None, rated_hz: float | None) -> Iterator[str]:
    likely = predicted.get(pipes_of(str(run.get("kernel"))))
    if not likely:
        return
    measured = run["rate"]["value"]
    inside = "inside" if likely["low"] <= measured <= likely["high"] else "OUTSIDE"
    yield (
        f"           predicted {_in(GIGA, likely['likely'])} ({_in(GIGA, likely['low'])} to "
        f"{_in(GIGA, likely['high'])}) GH/s: {inside} its range, {measured / likely['likely']:.3f} {TIMES}"
    )
    if clock_hz and rated_hz:
        at_clock = likely["likely"] * clock_hz / rated_hz
        yield (
            f"           at the {clock_hz / MEGA:.0f} MHz that were seen: {_in(GIGA, at_clock)} GH/s, "
            f"{measured / at_clock:.3f} {TIMES}"
        )


def pipes_of(kernel: str) -> str:
    """How a kernel's operations are dealt out, as the end of its name says."""
    last = kernel.rpartition("-")[2]
    return last if last in PIPES else "none"


def _clock_hz(run: Json, steps: Json) -> float | None:
    told = [one.get("clock_hz") for one in run.get("telemetry") or () if one.get("clock_hz")]
    return next(iter(told), None) or answer(steps, "energy").get("clock_hz")


def _joules(run: Json) -> Iterator[str]:
    for energy in run.get("energy") or ():
        each = (energy.get("efficiency") or {}).get("j_per_unit") or {}
        if each.get("value") is None:
            by = f" {energy['meter']}" if energy.get("meter") else ""
            yield f"           energy{by}: {energy.get('reason') or energy.get('covers')}"
            continue
        yield (
            f"           energy {energy['meter']} ({energy['method']}, {energy['covers']}): "
            f"{_in(1 / TERA, each['value'])} ({_in(1 / TERA, each['low'])} to {_in(1 / TERA, each['high'])}) J/TH, "
            f"{_in(1, _watts(energy))} W"
        )
    for told in run.get("telemetry") or ():
        reasons = ", ".join(f"{one['reason']} {100 * one['share']:.0f} %" for one in told.get("throttle") or ())
        yield (
            f"           {told['source']}: {_in(MEGA, told.get('clock_hz'))} MHz (lowest "
            f"{_in(MEGA, told.get('clock_low_hz'))}), {told.get('temperature_high_c')} °C; held back by: "
            f"{reasons or 'nothing'}"
        )


def _watts(energy: Json) -> float | None:
    return energy["gross_j"] / energy["window_s"] if energy.get("gross_j") and energy.get("window_s") else None


def _energy(record: Json, steps: Json) -> Iterator[str]:
    told = answer(steps, "energy")
    if "integrated_w" in told:
        yield (
            f"energy     counter {_in(1, told['counter_w'])} W, power added up {_in(1, told['integrated_w'])} W "
            f"({told['samples']} samples); {_in(MEGA, told['clock_hz'])} MHz; throttle: {told['throttle'] or 'nothing'}"
        )
    elif told:
        yield f"energy     {told.get('why')}"


def _pipes(record: Json, steps: Json) -> Iterator[str]:
    expected, told = answer(steps, "expected").get("per_unit_and_cycle") or {}, answer(steps, "pipes")
    rows = [row for row in told.get("pipes") or () if row.get("per_unit_and_rated_cycle")]
    if rows:
        yield "pipes      operations a unit and rated clock: measured | predicted"
    for row in rows:
        name = "+".join(row["mix"])
        yield f"           {name:20} {row['per_unit_and_rated_cycle']:7.1f} | {_in(1, expected.get(name))}"


def _races(record: Json, steps: Json) -> Iterator[str]:
    for name in ("run", "run second"):
        race = answer(steps, name).get("race") or ()
        for one in [one for one in race if one.get("rate_per_s")][:SHOWN_CANDIDATES]:
            yield f"race       {name}: {one['name']} {_in(GIGA, one['rate_per_s'])} GH/s ({_in(1, one['compile_s'])} s)"
        for one in [one for one in race if one.get("reason")][:SHOWN_CANDIDATES]:
            yield f"race       {name}: {one['name']}: {one['reason']}"
    rows = answer(steps, "variants").get("variants") or ()
    for row in [row for row in rows if row.get("best_hs")][:SHOWN_CANDIDATES]:
        yield f"variants   {row['name']} {_in(GIGA, row['best_hs'])} GH/s"
    untried = sum(row.get("why") == NO_TIME for row in rows)
    if untried:
        yield f"variants   {untried} of {len(rows)}: {NO_TIME}"
    wrong = [row for row in rows if "why" in row and row["why"] != NO_TIME]
    for row in wrong[:SHOWN_CANDIDATES]:
        yield f"variants   {row['name']}: {row['why']}"


def _counters(record: Json, steps: Json) -> Iterator[str]:
    told = answer(steps, "counters")
    for row in told.get("kernels") or ():
        yield f"counters   {row}"
    if told.get("why"):
        yield f"counters   {told['why']}"


def _conformance(record: Json, steps: Json) -> Iterator[str]:
    told = answer(steps, "conformance")
    checks = told.get("checks") or ()
    if checks:
        wrong = [one for one in checks if one.get("why")]
        yield f"conformance {len(checks) - len(wrong)} of {told.get('of', 'an unknown number of')} checks passed"
        yield from (f"           {one['name']}: {one['why']}" for one in wrong)


def _workloads(record: Json, steps: Json) -> Iterator[str]:
    for name in steps:
        for row in answer(steps, name).get("rows") or () if name.startswith("workload ") else ():
            begin = f"{name:18} {row['of']}: " if row["of"] else f"{name:18} "
            if row["value"]:
                reached = (
                    "share of its roof unknown" if row["percent"] is None else f"{row['percent']:.0f} % of its roof"
                )
                yield f"{begin}{row['value']:.4g} {row['unit']}/s, {reached}, {row['kernel']}"
            else:
                yield f"{begin}{row['status']}: {row['reason']}"


def _steps(record: Json, steps: Json) -> Iterator[str]:
    done = [name for name, step in steps.items() if step["status"] == "done"]
    yield f"steps      {len(done)} of {len(steps)} answered"
    if record.get("under_way"):
        yield f"           UNDER WAY when this was written: {record['under_way']}"
    skipped: dict[str, list[str]] = {}
    for name, step in steps.items():
        if step["status"] == "skipped":
            skipped.setdefault(str(step.get("why")), []).append(name)
    for why, names in skipped.items():
        # All names: a step that is in neither list would pass for answered.
        text = f"skipped, {in_brief(why)}: {', '.join(names)}"
        yield from textwrap.wrap(text, LONGEST_LINE, initial_indent=" " * 11, subsequent_indent=" " * 13)
    for name, step in steps.items():
        if step["status"] not in ("done", "skipped"):
            yield f"           {name}: {step['status']} after {step['seconds']:.0f} s, {in_brief(step.get('why', ''))}"


def in_brief(why: str) -> str:
    """A reason on one line, with what is left of it at both ends where it is long."""
    words = " ".join(why.split())
    return words if len(words) <= LONGEST_WHY else f"{words[:30]} … {words[33 - LONGEST_WHY :]}"


def _in(unit: float, value: float | None) -> str:
    """A figure in a unit, with three digits; unknown stays unknown."""
    return "unknown" if value is None else f"{value / unit:.3g}" if abs(value / unit) < 100 else f"{value / unit:.0f}"


PARTS: Sequence[Any] = (
    _card,
    _rates,
    _energy,
    _pipes,
    _races,
    _conformance,
    _counters,
    _workloads,
    _steps,
)
