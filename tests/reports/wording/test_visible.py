"""Text from strangers is shown, never obeyed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.reports.wording.visible import told_apart, visible


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\u3164", "\\u3164"),
        ("\u2800 \u2800", "\\u2800 \\u2800"),
        ("Radeon\u034f", "Radeon\\u034f"),
        ("Radeon\U000e0101", "Radeon\\U000e0101"),
        ("Z" + "\u0335" * 6, "Z" + "\u0335" * 4 + "\\u0335" * 2),
    ],
)
def test_what_a_terminal_would_obey_is_written_as_an_escape(hostile: str, harmless: str) -> None:
    assert visible(hostile) == harmless


def test_ordinary_text_stays_as_it_is() -> None:
    assert visible("GeForce RTX 4090 – 24 GB × 1 €, 日本") == "GeForce RTX 4090 – 24 GB × 1 €, 日本"


@pytest.mark.parametrize("text", ["שָּׁלוֹם", "ที่นี่", "Nguyễn", "⚡\ufe0f", "क्षि", "❤\ufe0f 界"])
def test_marks_that_scripts_need_stay(text: str) -> None:
    assert visible(text) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert visible("a" * 10_000_000, limit=10) == "aaaaaaaaa…"


@given(st.text(st.characters(), max_size=200))
def test_nothing_hidden_is_left(text: str) -> None:
    assert not {unicodedata.category(character) for character in visible(text)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_name_that_ends_in_a_number_is_not_given_to_another() -> None:
    assert told_apart(["Card", "Card", "Card #1"], 20) == ["Card #2", "Card #3", "Card #1"]


@given(st.lists(st.sampled_from(["a", "a #1", "a #2", "a #1 #1", "b" * 30, "b" * 31, "b" * 12 + "…" + "b" * 7])))
def test_no_two_are_called_alike(names: list[str]) -> None:
    assert len(set(told_apart(names, 20))) == len(names)
