"""What is changed, and which tests must notice: each module with its own, the quick ones first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """Modules that belong together, and the tests that must notice a change in any of them."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    # Those among them that are too slow to be run for each change, or that count seconds, of which watching takes more.
    without: tuple[str, ...] = ()


AREAS = (
    Area(
        "statistics",
        (
            "bench/statistics.py", "bench/rates.py",
            "bench/rounds/counted.py", "bench/rounds/interval.py", "bench/rounds/lost.py",
        ),
        (
            "tests/bench/test_trends.py",
            "tests/bench/test_rates.py",
            "tests/bench/test_statistics.py",
            "tests/bench/rounds/test_counted.py",
            "tests/bench/rounds/test_interval.py",
            "tests/bench/rounds/test_lost.py",
        ),
    ),
    Area(
        "energy",
        tuple(
            f"bench/energy/joules/{name}.py"
            for name in (
                "coverage", "efficiency", "from_counter", "from_power", "idle", "integral", "readings", "record",
            )
        ),
        (
            *(
                f"tests/bench/energy/joules/test_{name}.py"
                for name in (
                    "from_readings", "integrals", "figures_by_hand", "coverage", "record", "efficiency_curves",
                )
            ),
            "tests/bench/energy/test_rounds.py",
        ),
        # Their meters run by the clock.
        tuple(
            f"tests/bench/energy/test_rounds.py::test_{name}"
            for name in (
                "devices_in_turn_have_the_joules_of_their_own_rounds",
                "joules_of_a_round_that_does_not_count_do_not_count",
            )
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
            "tests/kernels/workloads/sha256d/test_headers.py",
            "tests/kernels/workloads/sha256d/test_version1.py",
            "tests/attack/test_forgeries.py",
            *(
                f"tests/bench/verification/test_{name}.py"
                for name in (
                    "tampered", "checks", "figures", "verdict", "records", "together_rates", "recompute", "audit",
                    "effort",
                )
            ),
            "tests/bench/run/test_check_alternated.py",
            *(
                f"tests/bench/verification/test_trusted.py::test_{name}"
                for name in (
                    "pointers_lead_to_what_they_name",
                    "pointers_lead_to_where_the_file_s_version_keeps_it",
                    "version_1_s_joules_are_believed_and_listed",
                    "what_is_proven_is_not_listed_and_what_is_not_is",
                    "a_number_changed_by_half_is_refused_or_listed[version 1, cpu]",
                )
            ),
        ),
        (
            "tests/bench/verification/test_checks.py::test_whatever_is_changed_the_answer_is_a_verdict",
            "tests/bench/verification/test_audit.py::test_work_that_is_not_a_whole_number_of_headers_holds",
            "tests/kernels/workloads/proof/test_share_rate.py",
        ),
    ),
    Area(
        "anchors",
        tuple(f"bench/anchors/{name}.py" for name in ("beacon", "challenge", "clock", "digest", "stamp", "token")),
        tuple(
            f"tests/bench/anchors/test_{name}.py"
            for name in ("token", "bounds", "stamping", "clock", "record", "beacon", "stamp")
        ),
    ),
)  # fmt: skip
