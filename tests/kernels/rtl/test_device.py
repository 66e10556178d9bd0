"""The simulated core as a device: right like any other, and never measured unless asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import hashwatt.kernels.rtl.backend as rtl_backend
import hashwatt.kernels.rtl.extra as extra
import hashwatt.kernels.rtl.simulate as simulator
from hashwatt.bench import api
from hashwatt.kernels.device import DeviceInfo, DeviceOptions, Found, Missing, scanning
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.registry import choose
from tests.kernels.conformance import CHECKS, Subject

# Tens of thousands of hashes a second: enough for every check, with a smaller largest scan.
MANY = 25_011


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    (entry,) = rtl_backend.find()
    if isinstance(entry, Missing):
        pytest.skip(entry.reason)
    # Two stages take half the time of one.
    device = scanning(entry.open(DeviceOptions(kernel="s2")))
    yield Subject(entry, device, MANY)
    device.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_simulated_core_passes_the_conformance_check(subject: Subject, check: Callable[[Subject], None]) -> None:
    check(subject)


def test_a_device_that_is_not_for_default_runs_is_chosen_by_name_only() -> None:
    info = DeviceInfo(id="rtl:sim", kind="accelerator", name="n", vendor="v", backend="rtl", driver="d")
    usual = DeviceInfo(id="cpu", kind="cpu", name="n", vendor="v", backend="cpu", driver="d")

    def never(options: DeviceOptions) -> None:
        raise AssertionError

    found: list[Found | Missing] = [Found(info, never, by_default=False), Found(usual, never)]  # type: ignore[arg-type]
    assert [entry.info.id for entry in choose(found, None)] == ["cpu"]
    assert [entry.info.id for entry in choose(found, ["rtl:sim"])] == ["rtl:sim"]


def test_a_run_without_a_device_named_leaves_the_simulator_out(monkeypatch: pytest.MonkeyPatch) -> None:
    info = DeviceInfo(id="rtl:sim", kind="accelerator", name="n", vendor="v", backend="rtl", driver="d")
    found = [Found(info, lambda options: pytest.fail("opened"), by_default=False)]
    monkeypatch.setattr(api, "find_all", lambda backends=None: found)
    with pytest.raises(InputError, match="no device to measure"):
        api.run(None, seconds=1)
    with pytest.raises(InputError, match="no device to scan with"):
        api.scan(bytes(80), 0, 1, 1)


def test_without_the_extra_the_backend_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    (entry,) = rtl_backend.find()
    assert isinstance(entry, Missing)
    assert 'pip install ".[rtl]"' in entry.reason


def test_without_a_compiler_the_backend_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda name: name)
    monkeypatch.setattr(simulator, "compiler", lambda: None)
    (entry,) = rtl_backend.find()
    assert isinstance(entry, Missing)
    assert "install g++" in entry.reason


def test_a_kernel_that_the_core_has_not_is_refused() -> None:
    (entry,) = rtl_backend.find()
    if isinstance(entry, Missing):
        pytest.skip(entry.reason)
    for name in ("s0", "s62", "avx2", "s"):
        with pytest.raises(InputError, match=r"1 to 61|s1 to s61"):
            entry.open(DeviceOptions(kernel=name))
