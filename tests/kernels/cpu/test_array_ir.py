"""Loops over arrays at every width of registers, over ranges that no pass divides; and how they use the memory."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hashwatt.kernels.cpu.codegen import array_ir
from hashwatt.kernels.cpu.native import NativeFunction
from hashwatt.kernels.workloads.peak import cpu as peak
from hashwatt.kernels.workloads.peak.formats import SWEEP_STEPS
from hashwatt.kernels.workloads.peak.oracle import after_sweep
from hashwatt.kernels.workloads.stream import cpu as stream

WIDTHS = (512, 256, 128)
NUMBERS = 1 << 10
# Whole pages before a range's beginning, and ends in the middle of passes, of vectors, and before the first of either.
ASKED = r"call void @llvm.prefetch\(ptr (%\w+), i32 0, i32 (\d), i32 1\)"
RANGES = ((0, 0), (0, 1), (0, 7), (0, 97), (512, 1003), (512, 513))


@pytest.fixture(params=[bits for bits in WIDTHS if bits <= array_ir.register_bits()])
def bits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    for module in (array_ir, peak):
        monkeypatch.setattr(module, "register_bits", lambda: request.param)
    return int(request.param)


def on_a_page(count: int, first: int) -> np.ndarray:
    raw = np.empty(8 * count + 4096, np.uint8)
    skipped = -raw.ctypes.data % 4096
    numbers = raw[skipped : skipped + 8 * count].view(np.float64)
    numbers[:] = np.arange(first, first + count)
    return numbers


@pytest.mark.parametrize("steps", SWEEP_STEPS)
def test_the_sweep_changes_its_range_and_nothing_else(bits: int, steps: int) -> None:
    compiled = NativeFunction(peak.emit_sweep(steps), f"sweep{steps}")
    call = compiled.typed(1, (-1.0, 1.0, 2.0))
    for start, stop in RANGES:
        numbers = on_a_page(NUMBERS, 5)
        right = numbers.copy()
        right[start:stop] = after_sweep(right[start:stop], steps, 1, 77)
        call(numbers.ctypes.data, -1.0, 77.0, 78.0, start, stop)
        assert numbers.tobytes() == right.tobytes(), (start, stop)


@pytest.mark.parametrize("steps", SWEEP_STEPS)
def test_a_step_of_the_sweep_waits_for_none_of_the_same_pass_but_its_own_before(bits: int, steps: int) -> None:
    """Between a step and the next on the same vector stand those on all other vectors of the pass."""
    body = peak.emit_sweep(steps).partition("vectors:")[2].partition("%i.next = ")[0]
    made = [re.findall(r"%\w+", line) for line in body.splitlines() if "contract" in line]
    places = {result: place for place, (result, *_) in enumerate(made)}
    waits = [place - places[used] for place, (_, used, _) in enumerate(made) if used in places]
    vectors = len(re.findall(r"load <\d+ x double>", body))
    assert set(waits) == {vectors}
    # Where memory binds a line's, so that no line waits for others.
    assert vectors == {16: 4 if bits == 512 else 12, 64: 12}.get(steps, 8 * array_ir.LINE_BYTES // bits)


@pytest.mark.parametrize("name", ["copy", "mul", "add", "triad"])
def test_stream_changes_its_range_and_nothing_else(bits: int, name: str) -> None:
    compiled = NativeFunction(getattr(stream, name)(), name)
    call = compiled.typed(3, (0.5,))
    for start, stop in RANGES:
        target, older, newer = (on_a_page(NUMBERS, first) for first in (1, 2000, 5000))
        right, part = target.copy(), slice(start, stop)
        right[part] = {
            "copy": older, "mul": 0.5 * older, "add": older + newer, "triad": older + 0.5 * newer,
        }[name][part]  # fmt: skip
        call(*(each.ctypes.data for each in (target, older, newer)), 0.5, start, stop)
        assert target.tobytes() == right.tobytes(), (start, stop)


@pytest.mark.parametrize("name", ["copy", "mul", "add", "triad"])
def test_a_pass_stores_one_whole_line_past_the_caches(bits: int, name: str) -> None:
    stored = re.findall(r"store <(\d+) x double> .*!nontemporal", getattr(stream, name)())
    assert sum(map(int, stored)) * 8 == array_ir.LINE_BYTES


@pytest.mark.parametrize("steps", SWEEP_STEPS)
def test_a_pass_of_the_sweep_asks_each_cache_once_for_each_line_that_a_later_one_reads(bits: int, steps: int) -> None:
    text = peak.emit_sweep(steps)
    read = sum(int(lanes) * 8 for lanes in re.findall(r"load <(\d+) x double>", text))
    asked = [(number, int(nearness)) for number, nearness in re.findall(ASKED, text)]
    places = {number: int(ahead) for number, ahead in re.findall(r"(%\w+) = add i64 %i, (\d+)", text)}
    of_places = dict(re.findall(r"(%\w+) = getelementptr double, ptr %b0, i64 (%\w+)", text))
    lines = range(0, -(-read // array_ir.LINE_BYTES) * array_ir.LINE_BYTES, array_ir.LINE_BYTES)
    wanted = [(ahead + line, nearness) for line in lines for ahead, nearness in peak.ahead_of(steps).items()]
    assert [(8 * places[of_places[number]], nearness) for number, nearness in asked] == wanted
    # The farther, the larger a cache.
    assert [nearness for _, nearness in sorted(peak.ahead_of(steps).items())] == ([2] if steps == 1 else [3, 2])


@pytest.mark.parametrize("steps", SWEEP_STEPS)
def test_a_pass_of_the_sweep_asks_all_along_its_arithmetic_and_never_for_much_at_once(bits: int, steps: int) -> None:
    body = peak.emit_sweep(steps).partition("vectors:")[2].partition("%i.next = ")[0]
    kinds = "".join("a" if "@llvm.prefetch" in line else "s" for line in re.findall(r".*(?:prefetch|contract).*", body))
    each = len(kinds) / kinds.count("a")
    gaps = [len(gap) for gap in kinds.strip("s").split("a")[1:-1]]
    assert all(each / 2 <= gap + 1 <= 2 * each for gap in gaps), (each, gaps)


def test_the_dot_product_reads_a_line_of_each_array_before_it_asks_for_more(bits: int) -> None:
    body = stream.dot().partition("loop:")[2].partition("%i.next = ")[0]
    kinds = "".join("a" if "prefetch" in line else "l" for line in re.findall(r".*(?:prefetch|load <).*", body))
    vectors = max(1, 8 * array_ir.LINE_BYTES // bits)
    assert kinds == ("a" * 2 * len(stream.AHEAD) + "l" * 2 * vectors) * (array_ir.UNROLL // vectors)


@pytest.mark.parametrize(("name", "read"), {"copy": "1", "mul": "1", "add": "12", "triad": "12", "dot": "12"}.items())
def test_stream_asks_for_the_lines_that_it_reads_and_no_others(bits: int, name: str, read: str) -> None:
    text = getattr(stream, name)()
    of_places = dict(re.findall(r"(%\w+) = getelementptr double, ptr %b(\d), i64 %\w+", text))
    asked = [of_places[number] for number, _ in re.findall(ASKED, text)]
    loaded = [of_places[number] for number in re.findall(r"load <\d+ x double>, ptr (%\w+)", text)]
    assert set(asked) == set(loaded) == set(read)
    times = len(stream.AHEAD)
    lines = len(loaded) * bits // 8 / array_ir.LINE_BYTES
    assert len(asked) == times * lines
