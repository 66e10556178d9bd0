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
            *(
                f"bench/verification/{name}.py"
                for name in ("alternated", "checks", "figures", "recompute", "together", "trusted", "verdict")
            ),
            *(
                f"kernels/workloads/proof/{name}.py"
                for name in ("bounds", "headers", "ledger", "packing", "poisson", "recompute", "verify", "walk")
            ),
            *(f"kernels/workloads/sha256d/version1/{name}.py" for name in ("claimed_ranges", "headers", "verify")),
        ),
        (
            "tests/kernels/workloads/proof",
            "tests/attack/test_forgeries.py",
            "tests/bench/verification/test_checks.py",
            "tests/bench/verification/test_recompute.py",
            "tests/bench/test_check_alternated.py",
            "tests/bench/test_together.py",
            "tests/bench/result/test_brief.py",
            "tests/bench/verification/test_trusted.py",
        ),
    ),
    Area(
        "anchors",
        tuple(f"bench/anchors/{name}.py" for name in ("beacon", "challenge", "clock", "digest", "stamp", "token")),
        ("tests/bench/anchors/test_beacon.py", "tests/bench/anchors/test_stamp.py"),
    ),
)  # fmt: skip
