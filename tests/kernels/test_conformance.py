"""Every device of this machine passes every conformance check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hashwatt.kernels.device import DeviceOptions, Found
from hashwatt.kernels.registry import find_devices

from .conformance import CHECKS, Subject
from .devices_here import device_params


@pytest.fixture(scope="module", params=device_params())
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    found: Found = request.param
    device = found.open(DeviceOptions())
    yield Subject(found, device)
    device.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_device(subject: Subject, check: Callable[[Subject], None]) -> None:
    check(subject)


def test_device_ids_are_unique() -> None:
    ids = [entry.info.id for entry in find_devices() if isinstance(entry, Found)]
    assert len(ids) == len(set(ids))
