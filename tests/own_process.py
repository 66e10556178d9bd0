"""Tests that load a foreign native library run in a process of their own, so that its crash is one failed test.

A test marked `own_process` is run by a pytest of its own, which sends its reports back. Whatever kills
that process, or keeps it too long, is the test's failure, with the last words of the process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from _pytest.skipping import evaluate_skip_marks

MARK = "own_process"
# In the child: the file that takes its reports, one JSON document a line.
REPORTS = "HASHWATT_TEST_REPORTS"
# Well above what a compiler takes on a busy machine; a runtime that hangs costs this once.
LIMIT_S = 150
LAST_WORDS = 4000


def is_own_process() -> bool:
    """Whether this process was started for one test, which may load what it likes."""
    return REPORTS in os.environ


class Reporter:
    """In the child: writes each report to the file that the parent reads."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._config = config
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data) + "\n")


def register(config: pytest.Config) -> None:
    """Make the mark known, and in the child, send the reports."""
    config.addinivalue_line("markers", f"{MARK}: loads a foreign native library, so it gets a process of its own")
    if is_own_process():
        config.pluginmanager.register(Reporter(config, Path(os.environ[REPORTS])))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if is_own_process() or item.get_closest_marker(MARK) is None:
        return None
    # Its process would take a second to say that a package is missing.
    if evaluate_skip_marks(item) is not None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in (*reports_from_a_process(item, LIMIT_S), *_torn_down(item, nextitem)):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _torn_down(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """End in this process what the test before left to its module and the next test does not need; the failures."""
    call = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), "teardown")
    return [pytest.TestReport.from_item_and_call(item, call)] if call.excinfo else []


def reports_from_a_process(item: pytest.Item, limit_s: float) -> list[pytest.TestReport]:
    """The reports of a test that runs elsewhere; the last is a failure where its process died or had to be ended."""
    with tempfile.TemporaryDirectory(prefix="hashwatt-test-") as folder:
        path = Path(folder) / "reports"
        ending = _run(item, path, limit_s)
        told = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    reports = [_report(item, line) for line in told]
    if ending is not None or not reports:
        reports.append(_failed(item, ending or "its process told nothing"))
    return reports


def _report(item: pytest.Item, line: str) -> pytest.TestReport:
    report: pytest.TestReport
    report = item.config.hook.pytest_report_from_serializable(config=item.config, data=json.loads(line))
    if isinstance(report.longrepr, list):
        # Where a test was skipped: pytest insists on the tuple that JSON does not know.
        report.longrepr = tuple(report.longrepr)
    return report


def _run(item: pytest.Item, path: Path, limit_s: float) -> str | None:
    """Run the test; how its process died, or None where it ended by itself."""
    try:
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "pytest_timeout",
                "-p",
                "no:cacheprovider",
                "--capture=tee-sys",
                item.nodeid,
            ],
            cwd=item.config.rootpath,
            env={
                **os.environ,
                REPORTS: str(path),
                # Other plugins take a second to import, and no such test asks for them.
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                # What it printed before it died is not to stay in a buffer.
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return f"did not end within {limit_s:.0f} s\n{_last_words(late.stdout)}"
    if ended.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return None
    return f"its process died ({_exit_words(ended.returncode)})\n{_last_words(ended.stdout)}"


def _exit_words(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"


def _last_words(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", "replace")[-LAST_WORDS:]


def _failed(item: pytest.Item, sentence: str) -> pytest.TestReport:
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", f"{item.nodeid}: {sentence}", "call")
