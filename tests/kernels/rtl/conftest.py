"""What the hardware tests need; where it is missing they are skipped with the sentence that says what to install."""

from __future__ import annotations

import pytest

from hashwatt.kernels.rtl.extra import missing
from hashwatt.kernels.rtl.simulate import NO_COMPILER, compiler


@pytest.fixture(scope="session")
def amaranth() -> None:
    """Skips where the extra is not installed."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def cxxrtl(amaranth: None) -> None:
    """Skips where cores cannot be compiled."""
    if compiler() is None:
        pytest.skip(NO_COMPILER)
