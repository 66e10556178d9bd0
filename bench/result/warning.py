"""Warnings: what made the figures less sure, as codes that scripts can act on, each with a sentence for people."""

from __future__ import annotations

from typing import Literal

from ...kernels.bounded import Record, Text

WarningCode = Literal[
    "drift",
    "throttling",
    "contention",
    "stolen_time",
    "virtual_machine",
    "container",
    "battery",
    "powersave_governor",
    "few_samples",
    "wide_interval",
    "clock_unknown",
    "clock_moved",
    "failed_batches",
    "limit_unknown",
    "limit_unsure",
    "shared_cores",
    "energy_gaps",
    "energy_shared",
    "energy_window_short",
    "energy_disagreement",
    "idle_moved",
    "ended_early",
    "race_ended_early",
    "date_unsure",
    "left_out",
    "driver_broken",
    "quota",
    "foreign_root",
    "two_levels",
    "rounds_left_out",
    "few_rounds",
    "odd_rounds",
    "translated",
    "worker_left",
    "not_settled",
    "few_shares",
    "harder_shares_only",
    "refused_shares",
    "restarted",
    "stood_still",
    "near_cache",
    "memory_stalls",
]


class WarningRecord(Record, frozen=True, kw_only=True):
    """Something about the conditions that makes the figures less sure: what, why, and what to do about it.

    Fields:
        code: what it is, for scripts; the list is closed
        text: what it is, its cause, and what to do about it
    """

    code: WarningCode
    text: Text
