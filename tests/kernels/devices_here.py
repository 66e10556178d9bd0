"""The devices of this machine as pytest parameters; a backend without one is a skip that says why.

Those that are not measured by default, simulators, have tests of their own: they would take minutes here.
"""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet

from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.registry import find_devices


def device_params() -> list[ParameterSet]:
    return [
        pytest.param(entry, id=entry.info.id)
        if isinstance(entry, Found)
        else pytest.param(None, id=entry.backend, marks=pytest.mark.skip(reason=entry.reason))
        for entry in find_devices()
        if isinstance(entry, Missing) or entry.by_default
    ]
