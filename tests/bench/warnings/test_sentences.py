"""Each warning is one sentence of a cause and one action that fits a line, whatever stands in it."""

from __future__ import annotations

import inspect

import pytest

from hashwatt.bench.result.warning import WarningRecord
from hashwatt.bench.warnings import sentences
from hashwatt.bench.warnings.sentences import MOST_LETTERS
from hashwatt.kernels.bounded import MAX_TEXT
from hashwatt.kernels.system.quota import Throttling

LONG = "W" * MAX_TEXT
MANY = 1_000_000
# The longest that each can be given.
WORST: dict[str, list[WarningRecord]] = {
    "drift": [sentences.drift(-99.999), sentences.drift(99.999)],
    "throttling": [
        sentences.throttling(-0.99999, LONG),
        sentences.throttling(-0.99999, "its clock fell from 99999 to 10000 MHz"),
    ],
    "two_levels": [sentences.two_levels(0.995, 0.995)],
    "contention": [sentences.contention(1234.5)],
    "stolen_time": [sentences.stolen_time(1234.5)],
    "rounds_left_out": [sentences.rounds_left_out(998, 999, LONG)],
    "few_rounds": [sentences.few_rounds(1), sentences.few_rounds(999)],
    "odd_rounds": [sentences.odd_rounds([1], 999, 99.0), sentences.odd_rounds(list(range(990, 999)), 999, 99.0)],
    "held_by_quota": [sentences.held_by_quota(1234.5)],
    "translated": [sentences.translated(LONG)],
    "virtual_machine": [sentences.virtual_machine(LONG)],
    "memory_stalls": [sentences.memory_stalls(32, 32, 0.000123456), sentences.memory_stalls(8, 32, 12.3456)],
    "container": [sentences.container(LONG)],
    "quota": [sentences.quota(1234.5, None), sentences.quota(1234.5, Throttling(MANY, MANY))],
    "foreign_root": [sentences.foreign_root()],
    "battery": [sentences.battery()],
    "powersave_governor": [sentences.powersave_governor(LONG)],
    "few_samples": [sentences.few_samples(MANY)],
    "wide_interval": [sentences.wide_interval(99.999)],
    "clock_unknown": [sentences.clock_unknown()],
    "clock_moved": [sentences.clock_moved(1e9, 99.999e9)],
    "failed_batches": [sentences.failed_batches(MANY)],
    "limit_exceeded": [sentences.limit_exceeded(123456.7)],
    "limit_disturbed": [sentences.limit_disturbed(1234.5)],
    "shared_cores": [sentences.shared_cores(["cpu", "opencl:0"]), sentences.shared_cores([LONG] * 99)],
    "ended_early": [sentences.ended_early(MANY, LONG)],
    "cut_short": [sentences.cut_short()],
    "near_cache": [
        sentences.near_cache("arrays", 3.41, "free more memory"),
        sentences.near_cache("a table", 0.00012, "ask for 8 times it (--size)", "32 MiB of cache (none told)"),
        sentences.near_cache("its roof's arrays", 0.00012, "ask for 4 times it (--size)"),
    ],
    "race_ended_early": [sentences.race_ended_early(1), sentences.race_ended_early(999)],
    "date_unsure": [sentences.date_unsure(LONG, LONG)],
    "meters_left_out": [sentences.meters_left_out([LONG] * 999)],
}
# What they hand on is a whole sentence of somebody else's, whose reason and remedy must not be cut.
HAND_ON = {"driver_broken", "limit_unknown", "left_out"}


def test_every_sentence_is_tried_at_its_worst() -> None:
    made = {
        name
        for name, one in inspect.getmembers(sentences, inspect.isfunction)
        if one.__module__ == sentences.__name__ and not name.startswith("_")
    }
    assert made == {*WORST, *HAND_ON}


@pytest.mark.parametrize("warning", [one for worst in WORST.values() for one in worst], ids=lambda one: one.code)
def test_it_fits_a_line_whatever_stands_in_it(warning: WarningRecord) -> None:
    assert len(warning.text) <= MOST_LETTERS, f"{len(warning.text)} characters: {warning.text}"


def test_what_hands_on_a_reason_adds_little() -> None:
    assert len(sentences.limit_unknown("x").text) <= MOST_LETTERS - 40
