"""Tries changes one after another, in a copy of the tree: each in a process forked from one that has the libraries.

Reads a JSON list of mutants, writes for each a JSON line with what came of it: `killed`, `survived`, `timeout`. The
unchanged code comes first, watched: of a change only those tests are tried that run the line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .covering import Covering, Watch
from .mutants import Mutant, mutated

SHORTEST_LIMIT_S = 30.0
# For the unchanged code, watched, also on a slow machine beside others.
LONGEST_S = 1800.0
# So many times the time of the unchanged code: a change that takes longer goes round in a circle.
PATIENCE = 8


def run_tests(tests: Sequence[str], limit_s: float, watch: Watch | None = None) -> tuple[str, float]:
    """Run tests in a forked process; what came of them, and the seconds."""
    if not tests:
        return "survived", 0.0
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-o", "timeout=0"]
        plugins = []
        if watch is not None:
            watch.start()
            plugins.append(watch)
        os._exit(int(pytest.main([*options, *tests], plugins)))

    # Whoever ends this process ends what it has begun.
    def end(*_: object) -> None:
        # It may have ended by itself just now.
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    while time.monotonic() - started < limit_s:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            survived = os.waitstatus_to_exitcode(status) == 0
            return "survived" if survived else "killed", time.monotonic() - started
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout", limit_s


def main() -> None:
    """Try what stdin lists."""
    task = json.load(sys.stdin)
    sys.dont_write_bytecode = False
    # Whatever takes long to load and is not ours is loaded once.
    import hypothesis  # noqa: F401
    import msgspec  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401

    mutants = [Mutant(**fields) for fields in task["mutants"]]
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "lines.json"
        watch = Watch(Path.cwd(), sorted({mutant.module for mutant in mutants}), noted)
        outcome, seconds = run_tests(task["tests"], LONGEST_S, watch)
        print(json.dumps({"outcome": outcome, "seconds": seconds}), flush=True)
        if outcome != "survived":
            return
        covering = Covering.read(noted)
    limit_s = max(SHORTEST_LIMIT_S, PATIENCE * seconds)
    for mutant in mutants:
        path = Path(mutant.module)
        source = path.read_text(encoding="utf-8")
        try:
            path.write_text(mutated(source, mutant), encoding="utf-8")
            # A change within a second and of the same length would be taken for the code before it.
            for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                stale.unlink()
            outcome, seconds = run_tests(covering.tests_of(mutant.module, source, mutant.line), limit_s)
        finally:
            path.write_text(source, encoding="utf-8")
            for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
                stale.unlink()
        print(json.dumps({"outcome": outcome, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
