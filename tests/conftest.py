"""What all tests rely on."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from . import own_process
from .own_process import is_own_process
from .own_process import pytest_runtest_protocol as pytest_runtest_protocol
from .run_folder import make_run_folder, remove_run_folder, say_that_it_has_collected, wait_for_the_leader

# How the libraries of OpenCL's runtimes begin, and Bitcoin Core's validation code. (OpenCL's loader alone is harmless.)
FOREIGN = (
    "libpocl",
    "liboclgrind",
    "libintelocl",
    "libMesaOpenCL",
    "libRusticlOpenCL",
    "libnvidia-opencl",
    "libamdocl64",
    "libbitcoinkernel",
)


# How long an example takes says how busy the machine is. Each run draws others: `tox -e slow` draws many at once.
hypothesis.settings.register_profile("any machine", deadline=None, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=400)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile", None) is None:
        hypothesis.settings.load_profile("any machine")
    make_run_folder()
    own_process.register(config)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look for garbage among what tests leave, not among thousands of tests and what they import."""
    # What xdist tells its workers; there is none in another process, one that a worker started for a test among them.
    worker = getattr(session.config, "workerinput", None)
    gc.disable()
    if worker:
        wait_for_the_leader(int(worker["workerid"].removeprefix("gw")), int(worker["workercount"]))
    try:
        return (yield)
    finally:
        if worker:
            say_that_it_has_collected(int(worker["workerid"].removeprefix("gw")))
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many workers as there are CPUs: many tests wait for a deadline or a process, and use none then."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 * cpus


def pytest_unconfigure() -> None:
    remove_run_folder()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works() -> None:
    """A shell starts its background jobs with Ctrl-C ignored, and so would tests of Ctrl-C be ignored there."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Who starts the tests with nohup does that to SIGHUP.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="module", autouse=True)
def no_foreign_library_is_loaded() -> Iterator[None]:
    """What can crash the process that runs all tests belongs into a worker or into a process of its own."""
    yield
    if not is_own_process():
        assert foreign_libraries() == set(), "drive it through a worker, or mark the test `own_process`"


def foreign_libraries() -> set[str]:
    """The files of foreign runtimes that this process has mapped; none are seen on systems without /proc."""
    maps = Path("/proc/self/maps")
    if not sys.platform.startswith("linux") or not maps.exists():
        return set()
    files = {line.split(maxsplit=5)[5] for line in maps.read_text(errors="replace").splitlines() if line.count("/")}
    return {file for file in files if Path(file).name.startswith(FOREIGN)}
