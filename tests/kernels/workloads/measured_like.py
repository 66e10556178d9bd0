"""What the harness does with a task, in short."""

from __future__ import annotations

from hashwatt.kernels.workloads.protocol import Expected, Task


def measured_like(task: Task, batch: int = 2) -> list[int]:
    """The amounts of three samples."""
    task.self_test()
    task.rehearse(None)
    task.ready(batch)
    task.run(batch)
    task.drop()
    task.rehearse(Expected(1e9, 1.0))
    task.check_batch(batch)
    task.start(Expected(1e9, 1.0))
    amounts = []
    for sample in range(3):
        task.ready(batch)
        amounts.append(task.run(batch).amount)
        task.count(sample)
    task.spot_check()
    return amounts
