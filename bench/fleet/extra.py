"""Dask, imported when it is first needed, and a sentence where it is not installed."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from ...kernels.errors import InputError
from ...kernels.system.installing import install_extra

MISSING = f"fleets need Dask, which is not installed here; {install_extra('fleet')} brings it"


def load_distributed() -> Any:
    """The package `distributed`, silent: what goes wrong is told in our sentences. Raises InputError."""
    try:
        found = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError(MISSING) from error
    # It logs each connection that breaks, with its traceback; here that is the fate of one machine, and told as such.
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return found
