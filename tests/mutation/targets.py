"""What is changed, and which tests must notice: each module with its own, the quick ones first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """Modules that belong together, and the tests that must notice a change in any of them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


AREAS = (
    Area(
        "statistics",
        ("bench/statistics.py", "bench/rates.py"),
        ("tests/bench/test_trends.py", "tests/bench/test_rates.py", "tests/bench/test_statistics.py"),
    ),
    Area(
        "energy",
        tuple(
            f"bench/energy/joules/{name}.py"
            for name in (
                "coverage", "efficiency", "from_counter", "from_power", "idle", "integral", "readings", "record",
            )
        ),
        tuple(
            f"tests/bench/energy/joules/{name}.py"
            for name in ("test_by_hand", "test_coverage", "test_record", "test_efficiency_curves")
        ),
    ),
    Area(
        "ladder",
        tuple(f"reports/ladder/{name}.py" for name in ("devices", "frontier", "progression", "rungs")),
        ("tests/reports/ladder/test_today.py", "tests/reports/ladder/test_progression.py"),
    ),
    Area(
        "verification",
        (
            "bench/verification/checks.py",
            "bench/verification/verdict.py",
            "bench/verification/recompute.py",
            "kernels/workloads/sha256d/verify.py",
            "kernels/workloads/sha256d/poisson.py",
            "kernels/workloads/sha256d/claimed_ranges.py",
            "kernels/workloads/sha256d/headers.py",
        ),
        ("tests/bench/verification",),
    ),
)  # fmt: skip
