"""Words from right to left stay where they stand, and nothing around them moves."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from hashwatt.reports.wording.directions import isolated


def test_each_run_of_such_words_is_by_itself() -> None:
    assert isolated("on שלום עולם, 2 CPUs") == "on <bdi>שלום עולם</bdi>, 2 CPUs"
    assert isolated("שלום reaches 20 MH/s.") == "<bdi>שלום</bdi> reaches 20 MH/s."
    assert isolated("كرت 7 < שלום") == "<bdi>كرت</bdi> 7 &lt; <bdi>שלום</bdi>"


@given(st.text(st.sampled_from("ab<&\"' 12,.·אבعر界"), max_size=40))
def test_the_words_stay_the_same_and_escaped(text: str) -> None:
    assert re.sub("</?bdi>", "", str(isolated(text))) == str(escape(text))
