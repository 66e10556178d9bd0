"""What numpy's BLAS is told: its threads, without looking through all libraries at each launch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import threadpoolctl

from hashwatt.kernels.cpu import blas


def test_the_process_s_libraries_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    class Counting(threadpoolctl.ThreadpoolController):  # type: ignore[misc]
        def __init__(self) -> None:
            looked.append(self)
            super().__init__()

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Counting)
    blas._controllers.cache_clear()
    try:
        for threads in (1, 2, 1):
            with blas.threads_of_blas(threads):
                told: list[Any] = [each["num_threads"] for each in blas._libraries()]
                # Accelerate does not say; whatever says it has so many.
                assert all(number == threads for number in told)
    finally:
        blas._controllers.cache_clear()
    # What tells the numbers above looks by itself.
    assert len(looked) == 1 + 3


def told_threads() -> set[int]:
    """The threads of the libraries that say so, 2 where none does."""
    return {int(each["num_threads"]) for each in blas._libraries()} or {2}


@pytest.mark.parametrize("check_first", [True, False])
@pytest.mark.parametrize("check_ends_first", [True, False])
def test_a_check_takes_no_threads_from_another_device_that_multiplies(
    check_first: bool, check_ends_first: bool
) -> None:
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other, threadpoolctl.threadpool_limits(2):
        check, launch = ExitStack(), ExitStack()
        begin = [(one, check, 1), (other, launch, 2)]
        for thread, stack, threads in begin if check_first else reversed(begin):
            thread.submit(stack.enter_context, blas.threads_of_blas(threads)).result()
        assert told_threads() == {2}
        if check_ends_first:
            one.submit(check.close).result()
            assert told_threads() == {2}
            other.submit(launch.close).result()
        else:
            other.submit(launch.close).result()
            assert not blas._libraries() or told_threads() == {1}
            one.submit(check.close).result()
        # What the process had before.
        assert told_threads() == {2}


def test_within_a_thread_the_last_wish_counts() -> None:
    with blas.threads_of_blas(2):
        with blas.threads_of_blas(1):
            assert not blas._libraries() or told_threads() == {1}
        assert told_threads() == {2}


def test_a_thread_that_set_the_number_before_does_not_keep_it_from_ours() -> None:
    with ThreadPoolExecutor(1) as one:
        # Newer versions of threadpoolctl then ignore other threads.
        limits = one.submit(threadpoolctl.threadpool_limits, 1).result()
        try:
            with blas.threads_of_blas(2):
                assert told_threads() == {2}
            assert not blas._libraries() or told_threads() == {1}
        finally:
            one.submit(limits.restore_original_limits).result()


def test_as_many_checks_and_launches_as_there_are_leave_the_number_as_it_was() -> None:
    def work(number: int) -> None:
        for turn in range(50):
            with blas.threads_of_blas(1 + (number + turn) % 2), blas.threads_of_blas(2):
                pass

    with threadpoolctl.threadpool_limits(2), ThreadPoolExecutor(4) as several:
        list(several.map(work, range(4)))
        assert told_threads() == {2}
    assert blas._WISHES._held == []
