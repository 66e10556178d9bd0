"""What a system has no more of is told as that, with what helps."""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import EntryPoint

import pytest

from hashwatt.kernels.cpu import executor
from hashwatt.kernels.errors import shortage_of, why_no_process
from hashwatt.kernels.workloads import registry


def system_error(number: int, path: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), path)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError("Unable to allocate 4.00 GiB"), "gave no more memory"),
        (system_error(errno.ENOMEM), "gave no more memory"),
        (RuntimeError("can't start new thread"), "`ulimit -u`"),
        (system_error(errno.EMFILE, "/proc/stat"), "`ulimit -n`"),
        (system_error(errno.ENFILE), "end other programs"),
        (system_error(errno.ENOSPC, "/var/x"), "no more room (/var/x)"),
        (system_error(errno.EDQUOT), "no more room; delete"),
        (system_error(errno.ENOSPC, "/" + "x" * 400), "no more room (/xxx"),
    ],
)
def test_each_shortage_says_what_helps_on_one_line(error: Exception, words: str) -> None:
    told = shortage_of(error)
    assert told is not None
    assert words in told
    assert "; " in told
    assert len(told) <= 120


@pytest.mark.parametrize(
    "error",
    [RuntimeError("oops"), system_error(errno.ENOENT, "x"), system_error(errno.EAGAIN), ValueError("no memory")],
)
def test_what_is_none_is_not_taken_for_one(error: Exception) -> None:
    assert shortage_of(error) is None


def test_a_process_that_may_not_be_started_is_told_from_a_program_that_is_not_there() -> None:
    assert "no more processes" in (why_no_process(system_error(errno.EAGAIN)) or "")
    assert "no more memory" in (why_no_process(system_error(errno.ENOMEM)) or "")
    assert why_no_process(system_error(errno.ENOENT, "python")) is None


def test_a_workload_of_others_that_the_memory_is_too_short_for_is_none_to_remove(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def starved(_point: EntryPoint) -> None:
        raise MemoryError

    monkeypatch.setattr(EntryPoint, "load", starved)
    monkeypatch.setattr(registry, "_foreign", lambda: {"toy": EntryPoint("toy", "toy.workload", registry.GROUP)})
    with pytest.raises(MemoryError):
        registry.load_workload("toy")


def test_a_compiler_that_the_memory_is_too_short_for_is_none_to_install_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    class Starved:
        """Stands before all that finds modules."""

        def find_spec(self, name: str, *_: object) -> None:
            if name == "numba":
                raise MemoryError

    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Starved(), *sys.meta_path])
    with pytest.raises(MemoryError):
        executor._compiled(None, 1)
