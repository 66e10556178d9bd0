"""The BLAS that numpy computes with: what it is, and how many threads it takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

# Variables that change how OpenBLAS computes; whoever reads a result should know.
TELLING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS")


@cache
def about_blas() -> dict[str, int | float | str]:
    """Its name, its version and the kernels that it chose, as far as it tells; and variables that change it."""
    told: dict[str, int | float | str] = {"blas": _built_with()}
    for library in _libraries():
        told["blas"] = f"{library['internal_api']} {library.get('version') or ''}".strip()
        if library.get("architecture"):
            told["blas_kernels"] = str(library["architecture"])
    told.update({name: os.environ[name][:40] for name in TELLING if os.environ.get(name)})
    return told


@contextmanager
def threads_of_blas(threads: int) -> Iterator[None]:
    """So many threads meanwhile, where the library can be told (Apple's Accelerate cannot)."""
    with _controller().limit(limits=threads, user_api="blas"):
        yield


@cache
def _controller() -> Any:
    """What sets the threads. To look through the process's libraries takes 0.6 ms, which each launch would pay."""
    import numpy as np  # noqa: F401  (which loads the library)
    import threadpoolctl

    return threadpoolctl.ThreadpoolController()


def _libraries() -> list[dict[str, Any]]:
    import numpy as np  # noqa: F401  (which loads the library)
    import threadpoolctl

    return [each for each in threadpoolctl.threadpool_info() if each.get("user_api") == "blas"]


def _built_with() -> str:
    import numpy as np

    try:
        built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{built['name']} {built['version']}"
    except (KeyError, TypeError):
        return "unknown"
