"""What all tests rely on."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works() -> None:
    """A shell starts its background jobs with Ctrl-C ignored, and so would tests of Ctrl-C be ignored there."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
