"""A package that hashwatt needs and that cannot be imported: no mistake of ours, and one sentence says what helps."""

from __future__ import annotations

OURS = "hashwatt"
# Modules that another distribution of a known name brings.
BROUGHT_BY = {"llvmlite": "numba", "pynvml": "nvidia-ml-py"}


def why_not_imported(error: Exception) -> str | None:
    """Which package is missing or broken, and what to do; None where that is not what went wrong."""
    if not isinstance(error, ImportError):
        return None
    package = (error.name or "").partition(".")[0]
    if package == OURS:
        return None
    if isinstance(error, ModuleNotFoundError) and package:
        return f"the package {package} is not installed; `pip install {BROUGHT_BY.get(package, package)}` brings it"
    return f"a package cannot be loaded ({' '.join(str(error).split()):.60}); install hashwatt anew"
