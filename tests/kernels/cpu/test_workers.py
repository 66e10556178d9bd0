"""Threads that work together, when an interrupt comes between any two lines of whoever waits for them."""

from __future__ import annotations

import threading

import pytest

from hashwatt.kernels.cpu import workers as module
from hashwatt.kernels.cpu.executor import Team

from ..interrupted import interrupted_at

# Lines of `on_all` for two threads, and some more: where none is interrupted, all have been.
MOST_LINES = 200


@pytest.mark.parametrize("count", [1, 2, 3])
def test_wherever_an_interrupt_comes_all_threads_come_back_and_work_again(count: int) -> None:
    done: list[int] = []

    def try_all() -> None:
        team = Team([0] * count)
        for lines in range(1, MOST_LINES):
            was = interrupted_at(lines, module, lambda: team.on_each(lambda number: number))
            assert sorted(team.on_each(lambda number: number)) == list(range(count))
            if not was:
                break
            done.append(lines)
        team.close()

    # One that waits for ever must not keep the tests from going on.
    thread = threading.Thread(target=try_all, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), f"it waits for ever once it was interrupted at line {len(done) + 1}"
    assert 10 < len(done) < MOST_LINES - 1
