"""Every device of this machine passes every conformance check."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hashwatt.kernels.device import DeviceOptions, Found, scanning
from hashwatt.kernels.errors import DeviceCrashed, DeviceHung

from .conformance import CHECKS, Subject
from .devices_here import device_params, entries_here, open_or_skip, trouble


class Opened:
    """A device opened once for all checks, and anew after one that its driver did not survive."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self._device = open_or_skip(found)

    def check(self, check: Callable[[Subject], None]) -> None:
        subject = Subject.of(self.found, self._device)
        try:
            check(subject)
        except (DeviceCrashed, DeviceHung):
            self.close()
            self._device = scanning(self.found.open(DeviceOptions()))
            raise

    def close(self) -> None:
        self._device.close()


@pytest.mark.parametrize("found", device_params())
def test_a_device_of_this_machine_hashes(found: Found) -> None:
    assert trouble(found) == ""


@pytest.fixture(scope="module", params=device_params(missing=False))
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    opened = Opened(request.param)
    yield opened
    opened.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_device(opened: Opened, check: Callable[[Subject], None]) -> None:
    opened.check(check)


def test_device_ids_are_unique() -> None:
    ids = [entry.info.id for entry in entries_here() if isinstance(entry, Found)]
    assert len(ids) == len(set(ids))
