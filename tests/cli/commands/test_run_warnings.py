"""After a run a window shows few warnings: the others are in the file, and -v shows them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hashwatt.bench.result.warning import WarningRecord
from hashwatt.cli.commands.run import MOST_WARNINGS, show
from hashwatt.cli.output import Output

from ...reports.samples import GOOD, measured, result, unmeasured


def told(capsys: pytest.CaptureFixture[str], count: int, verbose: bool) -> list[str]:
    warnings = tuple(WarningRecord(code="drift", text=f"warning {number}; rest") for number in range(count))
    output = Output(as_json=False, debug=False)
    output.verbose = verbose
    run = result(measured(warnings=warnings), unmeasured("failed", "the driver did not answer"))
    show(output, replace(run, warnings=()), GOOD, "x.json")
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("!")]


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (MOST_WARNINGS, MOST_WARNINGS), (20, MOST_WARNINGS)])
def test_warnings_take_few_lines_and_failures_always_theirs(
    capsys: pytest.CaptureFixture[str], count: int, lines: int
) -> None:
    said = told(capsys, count, verbose=False)
    assert "the driver did not answer" in said[0]
    assert len(said) == 1 + lines
    assert (f"! {20 - MOST_WARNINGS + 1} more warnings are in the file; `hashwatt run -v` shows all" in said) == (
        count == 20
    )


def test_v_shows_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(told(capsys, 20, verbose=True)) == 21
