"""Large buffers stay for the next work, which finds zeros in them, whatever the work before has left."""

from __future__ import annotations

from weakref import ref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels import buffers
from hashwatt.kernels.buffers import KEPT_FROM_BYTES, Buffers
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.execution import Bytes, HoldsArrays

from .interrupted import interrupted_at

SIZE = 64


class Arrays(HoldsArrays):
    """Buffers that are arrays; notes what was made, and from where on what was made zeros again."""

    def __init__(self) -> None:
        super().__init__("a device")
        self.made: list[int] = []
        self.zeroed: list[int] = []

    def _zeros(self, size_bytes: int) -> Bytes:
        self.made.append(size_bytes)
        return np.zeros(size_bytes, np.uint8)

    def _zero(self, held: Bytes, first_byte: int) -> None:
        self.zeroed.append(first_byte)
        super()._zero(held, first_byte)


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> Arrays:
    """An executor after work that has filled a buffer, which counts as large."""
    monkeypatch.setattr(buffers, "KEPT_FROM_BYTES", SIZE)
    return after_work()


def after_work() -> Arrays:
    arrays = Arrays()
    arrays.write(arrays.allocate(SIZE), 0, b"\xff" * SIZE)
    arrays.release()
    return arrays


def test_the_next_work_has_the_same_memory_and_finds_zeros(used: Arrays) -> None:
    buffer = used.allocate(SIZE)
    assert used.read(buffer, 5, SIZE - 5) == bytes(SIZE - 5)
    assert used.made == [SIZE]
    # Once: what is written from then on stays.
    used.write(buffer, 7, b"new")
    assert used.read(buffer, 0, SIZE) == bytes(7) + b"new" + bytes(SIZE - 10)
    assert used.zeroed == [0]


class InParts(Arrays):
    """The same, whose buffers may be the first part of larger ones that stayed."""

    def __init__(self) -> None:
        HoldsArrays.__init__(self, "a device", in_parts=True)
        self.made, self.zeroed = [], []


def test_what_stayed_serves_as_a_smaller_buffer_and_is_whole_again_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffers, "KEPT_FROM_BYTES", 8)
    arrays = InParts()
    arrays.write(arrays.allocate(SIZE), 0, b"\xff" * SIZE)
    arrays.release()
    part = arrays.allocate(SIZE // 2)
    assert arrays.read(part, 0, SIZE // 2) == bytes(SIZE // 2)
    # It is taken, and what is much smaller would not have had it.
    arrays.allocate(SIZE)
    arrays.release()
    arrays.allocate(SIZE // buffers.LEAST_PART - 8)
    assert arrays.made == [SIZE, SIZE, SIZE // buffers.LEAST_PART - 8]
    whole = arrays.allocate(SIZE)
    assert arrays.read(whole, 0, SIZE) == bytes(SIZE)
    assert len(arrays.made) == 3


def test_a_number_of_the_past_names_nothing(used: Arrays) -> None:
    used.allocate(SIZE)
    with pytest.raises(DeviceError, match="no buffer 1"):
        used.read(1, 0, 1)


def test_what_is_filled_as_a_whole_need_not_be_zeros_before(used: Arrays) -> None:
    buffer = used.allocate(SIZE)
    used.write(buffer, 0, b"abc")
    used.repeat(buffer, 3, SIZE)
    assert used.read(buffer, 0, SIZE) == (b"abc" * SIZE)[:SIZE]
    assert used.zeroed == []


@pytest.mark.parametrize("period", [4, 8])
def test_what_was_never_written_is_repeated_as_zeros(used: Arrays, period: int) -> None:
    buffer = used.allocate(SIZE)
    used.write(buffer, 0, b"abc")
    used.repeat(buffer, period, SIZE)
    assert used.read(buffer, 0, SIZE) == b"abc".ljust(period, b"\0") * (SIZE // period)


# Any order of writes and repeats leaves in a buffer of the past what it leaves in a new one.
Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "repeat", "read"]), st.integers(-2, SIZE + 2), st.integers(-2, SIZE + 2))
)


@given(STEPS)
def test_nothing_of_the_work_before_is_ever_seen(steps: list[Step]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(buffers, "KEPT_FROM_BYTES", SIZE)
        seen = []
        for arrays in (after_work(), Arrays()):
            buffer, answers = arrays.allocate(SIZE), []
            for number, (what, first, second) in enumerate([*steps, ("read", 0, SIZE)]):
                try:
                    if what == "write":
                        arrays.write(buffer, first, bytes([1 + number % 200]) * second)
                    elif what == "repeat":
                        arrays.repeat(buffer, first, second)
                    else:
                        answers.append(arrays.read(buffer, first, second))
                except DeviceError as error:
                    answers.append(str(error).encode())
            seen.append(answers)
    assert seen[0] == seen[1]


def test_work_that_wants_another_size_has_the_memory(used: Arrays) -> None:
    used.allocate(2 * SIZE)
    used.allocate(SIZE)
    assert used.made == [SIZE, 2 * SIZE, SIZE]


def test_what_there_is_room_for_beside_other_work_stays(used: Arrays) -> None:
    """Three were in use at once: one of another size leaves room for two, and of those the oldest has to go first."""
    for size_bytes in (2 * SIZE, 3 * SIZE, 4 * SIZE):
        used.allocate(size_bytes)
    used.release()
    used.made.clear()
    used.allocate(SIZE + 1)
    for size_bytes in (3 * SIZE, 4 * SIZE, 2 * SIZE):
        used.allocate(size_bytes)
    assert used.made == [SIZE + 1, 2 * SIZE]


def test_where_the_system_has_no_more_memory_what_stayed_is_given_back_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "KEPT_FROM_BYTES", SIZE)
    full = False

    def make(size_bytes: int) -> Bytes:
        if full and any(held is not None for held in alive()):
            raise DeviceError("no memory")
        made = np.zeros(size_bytes, np.uint8)
        references.append(ref(made))
        return made

    references: list[ref[Bytes]] = []

    def alive() -> list[Bytes | None]:
        return [one() for one in references]

    held = Buffers("a device", make, lambda _held, _first: None)
    held.allocate(4 * SIZE)
    held.release()
    full = True
    held.allocate(SIZE)
    with pytest.raises(DeviceError, match="no memory"):
        held.allocate(SIZE)


@pytest.mark.parametrize("what", ["write", "repeat"])
def test_what_a_driver_failed_to_write_is_zeros_and_not_what_the_work_before_has_left(
    what: str, used: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = used.allocate(SIZE)
    used.write(buffer, 0, b"abc")

    def failing(*_: object) -> None:
        raise DeviceError("the device is gone")

    with monkeypatch.context() as gone:
        gone.setattr(used, "_spread", failing)
        gone.setattr("hashwatt.kernels.execution.np.frombuffer", failing)
        with pytest.raises(DeviceError, match="gone"):
            used.write(buffer, 3, bytes(SIZE - 3)) if what == "write" else used.repeat(buffer, 3, SIZE)
    assert used.read(buffer, 0, SIZE) == b"abc" + bytes(SIZE - 3)


def test_what_there_was_no_room_for_lets_no_more_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "KEPT_FROM_BYTES", SIZE)
    references: list[ref[Bytes]] = []

    def make(size_bytes: int) -> Bytes:
        if size_bytes > 100 * SIZE:
            raise DeviceError("no memory")
        made = np.zeros(size_bytes, np.uint8)
        references.append(ref(made))
        return made

    held = Buffers("a device", make, lambda _held, _first: None)
    with pytest.raises(DeviceError, match="no memory"):
        held.allocate(1000 * SIZE)
    for size_bytes in range(SIZE, 9 * SIZE, SIZE):
        held.allocate(size_bytes)
        held.release()
    alive = [one.size for each in references if (one := each()) is not None]
    assert sum(alive) <= 8 * SIZE


def test_no_two_buffers_are_the_same_memory(used: Arrays) -> None:
    one, other = used.allocate(SIZE), used.allocate(SIZE)
    used.write(one, 0, b"one")
    assert used.read(other, 0, 3) == bytes(3)
    assert used.made == [SIZE, SIZE]


def test_small_ones_are_new_each_time() -> None:
    arrays = Arrays()
    for _ in range(2):
        arrays.allocate(KEPT_FROM_BYTES - 1)
        arrays.release()
    assert arrays.made == [KEPT_FROM_BYTES - 1] * 2


def test_a_device_that_is_closed_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "KEPT_FROM_BYTES", SIZE)
    made: list[int] = []

    def make(size_bytes: int) -> Bytes:
        made.append(size_bytes)
        return np.zeros(size_bytes, np.uint8)

    held = Buffers("a device", make, lambda _held, _first: None)
    held.allocate(SIZE)
    held.close()
    held.allocate(SIZE)
    assert made == [SIZE, SIZE]


def test_wherever_giving_back_is_interrupted_no_memory_has_two_owners(used: Arrays) -> None:
    lines, was = 0, True
    while was:
        lines += 1
        used.write(used.allocate(SIZE), 0, b"\xff" * SIZE)
        was = interrupted_at(lines, buffers, used.release)
        # As whoever closes what was interrupted.
        used.release()
        first, second = used.allocate(SIZE), used.allocate(SIZE)
        assert used.read(first, 0, SIZE) == bytes(SIZE)
        used.write(second, 0, b"\xff" * SIZE)
        assert used.read(first, 0, SIZE) == bytes(SIZE), lines
        used.release()
    assert lines > 5
