"""Tries changes one after another, in a copy of the tree, each in a process of its own that is forked from a ready one.

Two processes are ready. The *warm* one has loaded and collected all tests: a change within functions is made in what is
loaded (`in_place`), and costs a fork and the tests. The *cold* one has other people's libraries alone: there the module
is written and loaded anew, for changes in what runs at import, and where asked for also for those that were not noticed
in the warm one (a test may start an interpreter of its own).

Reads a JSON document from stdin (an area's fields, `mutants`, what was `watched` before, and the `unwatched` files of
tests), and writes JSON lines: first what a `Watch` `noted` of these, or which of them `failed` on the unchanged code;
then for each mutant its `outcome` (`killed`, `survived`, `timeout`).
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from .covering import Covering, Watch
from .in_place import Loaded
from .mutants import Mutant, mutated

# Of each test so many times the CPU time of the unchanged code: a change that takes longer goes round in a circle.
PATIENCE = 8
SHORTEST_LIMIT_S = 3.0
# Loading the modules anew takes as long as this.
LOADING_S = 60.0
# A change may fill lists without end.
MOST_BYTES = 6 << 30
# By the clock, for what waits for ever: so many times the CPU time, and so long. Other programs may have the CPUs.
PATIENCE_BY_THE_CLOCK = 60
SHORTEST_BY_THE_CLOCK_S = 120.0
# For the unchanged code, watched.
LONGEST_S = 7200.0
# A child that cannot try a change in what is loaded ends with this.
ANEW = 77


def forked(work: Callable[[], int], cpu_s: float, clock_s: float) -> tuple[str, int]:
    """Do it in a process of its own; what came of it, and the process's exit status."""
    # Only POSIX has it, as it has `fork`.
    import resource

    started = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setpgid(0, 0)
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silence, stream)
            resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu_s), math.ceil(cpu_s) + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            status = work()
        finally:
            os._exit(status)

    end_with_this(lambda: os.killpg(child, signal.SIGKILL))
    while time.monotonic() - started < clock_s:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            # What it has started and left behind.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
            code = os.waitstatus_to_exitcode(status)
            outcome = {0: "survived", -signal.SIGXCPU: "timeout", -signal.SIGKILL: "timeout"}.get(code, "killed")
            return outcome, code
        time.sleep(0.005)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout", -1


def end_with_this(end: Callable[[], None]) -> None:
    """Whoever ends this process ends what it has begun last."""

    def ended(*_: object) -> None:
        # It may have ended by itself just now.
        with suppress(ProcessLookupError):
            end()
        os._exit(0)

    signal.signal(signal.SIGTERM, ended)


class Settings:
    """A plugin: Hypothesis seeks one example that fails, not the smallest, and remembers none."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """After the profile that the tests choose."""
        import hypothesis

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutation", deadline=None, database=None, phases=phases)
        hypothesis.settings.load_profile("mutation")


def run_pytest(arguments: Sequence[str], folder: Path, plugins: Sequence[object] = ()) -> int:
    """Pytest in this process, up to the first failure."""
    options = (
        "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "-o", "timeout=0",
        f"--basetemp={folder / 'tests'}",
    )  # fmt: skip
    return int(pytest.main([*options, *arguments], [Settings(), *plugins]))


class Warm:
    """A plugin: instead of running the tests, wait for changes to try with some of them."""

    def __init__(self, tree: Path, modules: set[str], asked: IO[str], answered: IO[str]) -> None:
        """What is asked and answered is a JSON document a line."""
        self._tree, self._modules = tree, modules
        self._asked, self._answered = asked, answered

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Watch the unchanged code where asked to; then one change after another."""
        items = {item.nodeid: item for item in session.items}
        loaded = Loaded(self._tree, self._modules)

        import resource

        def first_failed(tests: Sequence[str], seconds: Sequence[float] = ()) -> str | None:
            wanted = [items[test] for test in tests]
            for number, (item, following) in enumerate(zip(wanted, [*wanted[1:], None], strict=True)):
                # What an earlier test left in a cache would hide what this one runs.
                loaded.forget()
                if seconds:
                    _, most_s = resource.getrlimit(resource.RLIMIT_CPU)
                    ends_s = math.ceil(time.process_time() + limit_s(seconds[number]))
                    resource.setrlimit(resource.RLIMIT_CPU, (min(ends_s, most_s), most_s))
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    return item.nodeid
            return None

        def watched(to: Path, files: Sequence[str]) -> int:
            watch = Watch(self._tree, self._modules)
            session.config.pluginmanager.register(watch)
            watch.start()
            failed = first_failed([test for test in items if test.partition("::")[0] in files])
            to.write_text(json.dumps({"failed": failed, "noted": watch.noted()}), encoding="utf-8")
            return 0

        def with_change(mutant: Mutant, tests: Sequence[str], seconds: Sequence[float]) -> int:
            source = (self._tree / mutant.module).read_text(encoding="utf-8")
            return int(first_failed(tests, seconds) is not None) if loaded.change(mutant, source) else ANEW

        for line in self._asked:
            task = json.loads(line)
            if "watch" in task:
                outcome = forked(partial(watched, Path(task["watch"]), task["files"]), LONGEST_S, LONGEST_S)
            else:
                mutant, tests = Mutant(**task["mutant"]), task["tests"]
                outcome = forked(partial(with_change, mutant, tests, task["seconds"]), *task["limits"])
            print(json.dumps(outcome), file=self._answered, flush=True)
        return True


class Worker:
    """Both processes, seen from the cold one."""

    def __init__(self, tests: Sequence[str], modules: set[str], folder: Path, seconds: float, anew: bool) -> None:
        """Start the warm one; `tests`: pytest's arguments, by which it collects them.

        `seconds`: of a change the quickest tests are tried that take so much CPU time together. `anew`: try what is
        not noticed in what is loaded with the module loaded anew, too.
        """
        self._folder, self._seconds, self._anew = folder, seconds, anew
        asked, ask = os.pipe()
        answer, answered = os.pipe()
        self._warm = os.fork()
        if self._warm == 0:
            os.close(ask)
            os.close(answer)
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(silence, stream)
            plugin = Warm(Path.cwd(), modules, os.fdopen(asked), os.fdopen(answered, "w"))
            os._exit(run_pytest(tests, folder, [plugin]))
        end_with_this(lambda: os.kill(self._warm, signal.SIGTERM))
        os.close(asked)
        os.close(answered)
        self._ask, self._answer = os.fdopen(ask, "w"), os.fdopen(answer)

    def _asked(self, task: dict[str, Any]) -> tuple[str, int]:
        print(json.dumps(task), file=self._ask, flush=True)
        outcome, code = json.loads(self._answer.readline() or '["killed", -1]')
        return outcome, code

    def watched(self, files: Sequence[str]) -> dict[str, Any]:
        """Which tests of these files run which lines of the unchanged code (`noted`), or which of them `failed`."""
        path = self._folder / "noted.json"
        outcome, code = self._asked({"watch": str(path), "files": list(files)})
        if outcome != "survived":
            return {"failed": f"the process that runs them ended ({code})"}
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def tried(self, mutant: Mutant, covering: Covering) -> str:
        """What comes of a change."""
        path = Path(mutant.module)
        source = path.read_text(encoding="utf-8")
        tests = covering.within(covering.tests_of(mutant.module, source, mutant.line), self._seconds)
        if not tests:
            return "survived"
        seconds = [covering.seconds_of(test) for test in tests]
        cpu_s = sum(map(limit_s, seconds))
        clock_s = SHORTEST_BY_THE_CLOCK_S + PATIENCE_BY_THE_CLOCK * sum(seconds)
        task = {"mutant": mutant.__dict__, "tests": tests, "seconds": seconds, "limits": (cpu_s, clock_s)}
        outcome, code = self._asked(task)
        if code != ANEW and not (code == 0 and self._anew):
            return outcome
        try:
            path.write_text(mutated(source, mutant), encoding="utf-8")
            forget_compiled(path)
            return forked(partial(run_pytest, tests, self._folder), LOADING_S + cpu_s, 10 * LOADING_S + clock_s)[0]
        finally:
            end_with_this(lambda: os.kill(self._warm, signal.SIGTERM))
            path.write_text(source, encoding="utf-8")
            forget_compiled(path)

    def end(self) -> None:
        """End the warm process."""
        self._ask.close()
        os.waitpid(self._warm, 0)


def limit_s(seconds: float) -> float:
    """The CPU time that a test may take, whose own is known."""
    return max(SHORTEST_LIMIT_S, PATIENCE * seconds)


def forget_compiled(path: Path) -> None:
    """A change within a second and of the same length would be taken for the code before it."""
    for stale in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        stale.unlink()


def main() -> None:
    """Try what stdin lists."""
    task = json.load(sys.stdin)
    # Whatever takes long to load and is not ours is loaded once.
    import hypothesis  # noqa: F401
    import msgspec  # noqa: F401
    import numpy  # noqa: F401

    mutants = [Mutant(**fields) for fields in task["mutants"]]
    with tempfile.TemporaryDirectory() as folder:
        deselected = [f"--deselect={test}" for test in task["without"]]
        worker = Worker(
            [*task["tests"], *deselected], set(task["modules"]), Path(folder), task["seconds"], task["anew"]
        )
        found = worker.watched(task["unwatched"]) if task["unwatched"] else {"failed": None, "noted": {}}
        print(json.dumps(found), flush=True)
        if not found["failed"]:
            covering = Covering(task["watched"] | found["noted"])
            for mutant in mutants:
                print(json.dumps({"outcome": worker.tried(mutant, covering)}), flush=True)
        worker.end()


if __name__ == "__main__":
    main()
