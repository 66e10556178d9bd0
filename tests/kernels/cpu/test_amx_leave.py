"""Leave to use AMX: asked for once where there is some, and a reason wherever there is none."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator

import pytest

from hashwatt.kernels.cpu.cores import amx
from hashwatt.kernels.cpu.cores.amx import NEEDS, demand_amx, why_no_amx, why_withheld
from hashwatt.kernels.errors import DeviceError

EVERYTHING = frozenset(name for names in NEEDS.values() for name in names)


class System:
    """A Linux whose CPU has `features`, and that answers the question with a number of an error, or None."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, features: frozenset[str], answer: int | None) -> None:
        self.asked = 0
        self._answer = answer
        monkeypatch.setattr(amx, "host_features", lambda: features)
        monkeypatch.setattr(amx, "host_architecture", lambda: "x86_64")
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setattr(amx, "_ask", self._ask)

    def _ask(self) -> int | None:
        self.asked += 1
        return self._answer


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    amx._why_no_leave.cache_clear()
    yield
    amx._why_no_leave.cache_clear()


def test_linux_is_asked_once_for_all_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(monkeypatch, EVERYTHING, None)
    assert [why_no_amx(number) for number in (*NEEDS, *NEEDS)] == [None] * 2 * len(NEEDS)
    assert [why_withheld(number) for number in NEEDS] == [None] * len(NEEDS)
    demand_amx("int8")
    assert system.asked == 1


@pytest.mark.parametrize("missing", sorted(EVERYTHING))
def test_what_a_cpu_or_its_vm_does_not_show_is_not_asked_for(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(monkeypatch, EVERYTHING - {missing}, None)
    lacking = [number for number, names in NEEDS.items() if missing in names]
    for number in lacking:
        assert why_no_amx(number) == f"this CPU, or its VM, has no AMX for {number}"
        # No CPU without it is told of it.
        assert why_withheld(number) is None
    assert lacking
    assert system.asked == 0


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (errno.EINVAL, "5.16 and newer"),
        (errno.EOPNOTSUPP, "switched off in the VM"),
        (errno.ENOSPC, "signal stack is too small"),
        (errno.EPERM, "Linux refuses AMX (Operation not permitted)"),
        (errno.ENOSYS, "Linux refuses AMX (Function not implemented)"),
    ],
)
def test_a_refusal_says_its_reason(refused: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    System(monkeypatch, EVERYTHING, refused)
    for number in NEEDS:
        reason = why_no_amx(number)
        assert reason is not None
        assert words in reason
        assert len(reason) <= 120
        assert why_withheld(number) == reason
        with pytest.raises(DeviceError, match=r"^no tiles of"):
            demand_amx(number)


@pytest.mark.parametrize(
    ("system", "architecture"), [("Windows", "x86_64"), ("Darwin", "x86_64"), ("Linux", "aarch64")]
)
def test_no_other_system_or_architecture_is_asked(
    system: str, architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = System(monkeypatch, EVERYTHING, None)
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(amx, "host_architecture", lambda: architecture)
    assert why_no_amx("int8") is not None
    assert asked.asked == 0


def test_a_32_bit_program_does_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = System(monkeypatch, EVERYTHING, None)
    monkeypatch.setattr(struct, "calcsize", lambda _kind: 4)
    assert why_no_amx("int8") == "only 64-bit programs on Linux ask for AMX so far"
    assert asked.asked == 0


def test_a_system_without_the_call_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(*_arguments: object, **_options: object) -> object:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert amx._ask() == errno.ENOSYS
    monkeypatch.setattr(ctypes, "CDLL", lambda *_arguments, **_options: object())
    assert amx._ask() == errno.ENOSYS


def test_the_number_of_the_error_is_what_the_call_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        answer = -1

        def syscall(self, *numbers: ctypes.c_long) -> int:
            assert [number.value for number in numbers] == [158, 0x1023, 18]
            ctypes.set_errno(errno.ENOSPC)
            return self.answer

    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda *_arguments, **_options: library)
    assert amx._ask() == errno.ENOSPC
    library.answer = 0
    assert amx._ask() is None
