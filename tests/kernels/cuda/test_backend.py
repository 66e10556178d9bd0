"""Which cards CUDA shows, why it shows none, and that no card is measured twice."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hashwatt.bench.isolation import device as isolation
from hashwatt.kernels.cuda import backend, driver
from hashwatt.kernels.cuda.driver import Card, DriverError
from hashwatt.kernels.cuda.wording import worded
from hashwatt.kernels.device import AnyDevice, DeviceInfo, DeviceOptions, Found, Missing
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.registry import measured_once

CARD = Card(0, "NVIDIA H100 PCIe", "0000:01:00.0", (9, 0), 114, 1.755e9, 80 << 30, 50 << 20, 1024, False)


def shown(monkeypatch: pytest.MonkeyPatch, *cards: Card, package: bool = True) -> list[Found | Missing]:
    monkeypatch.setattr(backend, "cards", lambda: (12090, list(cards)))
    monkeypatch.setattr(backend, "has_package", lambda: package)
    return backend.find()


def test_each_card_is_a_device_with_its_place_and_limits_and_nothing_is_imported_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(sys.modules)
    first, second = shown(monkeypatch, CARD, replace(CARD, ordinal=1, pci_address="0000:02:00.0"))
    assert isinstance(first, Found)
    assert isinstance(second, Found)
    assert (first.info.id, second.info.id) == ("cuda:0", "cuda:1")
    assert (first.info.pci_address, second.info.pci_address) == ("0000:01:00.0", "0000:02:00.0")
    assert first.info.driver == "CUDA driver 12.9, sm_90"
    assert first.info.limits["ends_long_launches"] == 0
    assert first.isolate
    assert not [name for name in set(sys.modules) - before if name.startswith("cuda.core")]


def test_a_card_without_the_package_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (missing,) = shown(monkeypatch, CARD, package=False)
    assert isinstance(missing, Missing)
    assert "NVIDIA H100 PCIe" in missing.reason
    assert 'pip install ".[cuda]"' in missing.reason
    assert not missing.broken


def test_an_old_card_is_left_to_opencl_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    old, good = shown(monkeypatch, replace(CARD, name="Tesla K80", capability=(3, 7)), replace(CARD, ordinal=1))
    assert isinstance(old, Missing)
    assert "Tesla K80 (sm_37) is too old" in old.reason
    assert isinstance(good, Found)


def test_no_card_and_a_driver_that_does_not_answer_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    (none,) = shown(monkeypatch)
    assert isinstance(none, Missing)
    assert not none.broken

    def silent() -> tuple[int, list[Card]]:
        raise DriverError("cuInit answers CUDA error 999")

    monkeypatch.setattr(backend, "cards", silent)
    (broken,) = backend.find()
    assert isinstance(broken, Missing)
    assert broken.broken
    assert "error 999" in broken.reason


@pytest.mark.parametrize(
    ("code", "helps", "broken"),
    [
        (100, "check `nvidia-smi` and CUDA_VISIBLE_DEVICES", False),
        (802, "start nvidia-fabricmanager, which does not run", True),
        (803, "its library is of another version; restart the machine", True),
        (804, "take cuda-compat out of LD_LIBRARY_PATH", True),
        (999, "check `nvidia-smi`", True),
    ],
)
def test_a_driver_that_does_not_start_says_what_helps(
    code: int, helps: str, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(cuInit=lambda _: code))
    (told,) = backend.find()
    assert isinstance(told, Missing)
    assert told.reason.endswith(f"; {helps}")
    assert told.broken is broken
    assert len(told.reason) <= 120


def test_without_a_sign_of_the_driver_no_process_is_started_to_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "NODES", ("/nowhere/nvidiactl",))
    monkeypatch.setattr(sys, "platform", "linux")

    def started(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(isolation, "WorkerProcess", started)
    assert isolation.find_all(["cuda"]) == [Missing("cuda", backend.NO_DRIVER)]


def test_a_library_that_is_not_there_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "LIBRARY", "libnowhere-cuda.so.1")
    with pytest.raises(DriverError, match=r"libnowhere-cuda.so.1 cannot be loaded"):
        driver.cards()


def entry(backend_name: str, name: str, pci: str | None) -> Found:
    def never(_: DeviceOptions) -> AnyDevice:
        raise AssertionError("nothing is opened")

    return Found(DeviceInfo(f"{backend_name}:0", "gpu", name, "vendor", backend_name, "1", pci_address=pci), never)


@pytest.mark.parametrize(
    ("places", "by_default"),
    [
        (("0000:01:00.0", "0000:01:00.0"), False),
        (("0000:01:00.0", "0000:02:00.0"), True),
        ((None, "0000:01:00.0"), False),
    ],
    ids=["one place", "two places", "OpenCL does not tell"],
)
def test_a_card_that_opencl_shows_is_measured_by_cuda_only_where_that_is_named(
    places: tuple[str | None, str | None], by_default: bool
) -> None:
    name = "NVIDIA H100 PCIe"
    first, second = measured_once([entry("opencl", f"{name} (NVIDIA CUDA)", places[0]), entry("cuda", name, places[1])])
    assert isinstance(first, Found)
    assert isinstance(second, Found)
    assert (first.by_default, second.by_default) == (True, by_default)


def test_two_equal_cards_of_one_backend_are_both_measured() -> None:
    one, other = entry("opencl", "a card", None), entry("opencl", "a card", None)
    assert all(isinstance(each, Found) and each.by_default for each in measured_once([one, other]))


class CUDAError(Exception):
    """As cuda.core has one, which has no public name."""


CUDAError.__module__ = "cuda.core._utils.cuda_utils"


def test_what_cuda_raises_is_one_sentence_and_what_others_raise_goes_through() -> None:
    with pytest.raises(DeviceError) as caught, worded("cuda:0: the launch"):
        raise CUDAError("CUDA_ERROR_OUT_OF_MEMORY: The API call failed because…\nmore")
    assert str(caught.value) == (
        "cuda:0: the launch failed with OUT_OF_MEMORY; the device is out of memory; close other programs that use it"
    )
    with pytest.raises(KeyError), worded("cuda:0: the launch"):
        raise KeyError("ours")
