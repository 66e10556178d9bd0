"""A test in a process of its own ends like any other, and where that process dies, as a failure with its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .. import own_process

TREE = Path(__file__).parents[2]
CONFTEST = """
import os
os.environ.setdefault("PARENT", str(os.getpid()))
from tests.own_process import pytest_runtest_protocol
from tests.own_process import register as pytest_configure
"""
TESTS = """
import os, time
import pytest
own = pytest.mark.own_process

@own
def test_passes(tmp_path, monkeypatch):
    monkeypatch.setenv("ONE", "1")
    assert tmp_path.is_dir()
    assert os.environ["PARENT"] != str(os.getpid())

@own
def test_dies():
    print("last words", flush=True)
    os.kill(os.getpid(), 9) if hasattr(os, "getuid") else os._exit(9)

@own
def test_fails():
    assert "one" == "other"

@own
def test_skips():
    pytest.skip("no such thing here")

# Whether there is what it needs is looked at before a process is started.
@own
@pytest.mark.skipif(os.environ["PARENT"] == str(os.getpid()), reason="it is missing")
def test_lacks_something():
    raise AssertionError("it was given a process")

def test_follows():
    assert "ONE" not in os.environ

@own
def test_is_the_last_of_its_module():
    pass
"""
# pytest refuses a test where a module before is still set up.
OTHER_TESTS = """
def test_of_another_module_follows():
    pass
"""


def run_pytest(folder: Path) -> str:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_all.py").write_text(TESTS)
    (folder / "test_other.py").write_text(OTHER_TESTS)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment.pop(own_process.REPORTS, None)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "test_all.py", "test_other.py"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(TREE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_a_process_that_dies_is_one_failed_test_with_its_name(tmp_path: Path) -> None:
    said = run_pytest(tmp_path)
    assert "2 failed, 4 passed, 2 skipped" in said, said
    assert "FAILED test_all.py::test_dies" in said
    assert "its process died" in said
    assert "last words" in said
    assert "'one' == 'other'" in said
    assert "no such thing here" in said


def test_a_process_that_takes_too_long_is_a_failure_and_not_waited_for(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (report,) = own_process.reports_from_a_process(request.node, 0.01)
    assert report.failed
    assert "did not end within" in str(report.longrepr)


@pytest.mark.own_process
def test_a_marked_test_of_this_tree_has_a_process_of_its_own() -> None:
    assert own_process.is_own_process()
