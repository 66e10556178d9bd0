"""What a report says of its evidence: never that work was done which does not verify."""

from __future__ import annotations

from hashwatt.reports.collect.gather import gather_results
from hashwatt.reports.layout.reading import statement

from ..factory import result, streaming, tampered, verified


def test_a_report_of_refused_results_alone_does_not_say_that_work_was_done() -> None:
    told = statement(gather_results([result(tampered(verified()))]))
    assert "This proves" not in told
    assert "nothing here is proven" in told


def test_how_much_was_looked_at_is_told_where_there_are_shares() -> None:
    assert "300 shares of each" in statement(gather_results([result()]))
    assert "shares" not in statement(gather_results([result(streaming())]))
