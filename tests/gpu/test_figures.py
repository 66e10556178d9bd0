"""The summary shows each figure beside what was predicted, whatever of it is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .figures import LONGEST, figures_of, pipes_of, summary

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "version2" / "cpu.json"


def done(name: str, answer: Any) -> dict[str, Any]:
    return {"name": name, "status": "done", "seconds": 1.0, "limit_s": 9, "answer": answer}


def gemm(number: str) -> dict[str, Any]:
    measured = {"status": "measured", "unit": "flop", "rate": {"value": 5e12}, "kernel": {"name": "gemm-cuda"}}
    skipped = {"status": "skipped", "reason": f"it has no {number}"}
    return {"parameters": {"number": number, "size": 64}, **(measured if number == "float32" else skipped)}


def hour() -> dict[str, Any]:
    run = {
        "device": "opencl:0",
        "status": "measured",
        "unit": "hash",
        "rate": {"value": 8e9, "low": 7.9e9, "high": 8.1e9, "best": 8.2e9},
        "roof": {"rate": 8.5e9, "percent": 94.0, "binds": "logic", "reason": None},
        "kernel": "x1-rotate-xor-standard-rot15",
        "compile_s": 1.0,
        "race": [
            {"name": "x1-rotate-xor-standard-rot15", "rate_per_s": 8e9, "compile_s": 1.0, "reason": None},
            {"name": "x2-rotate-xor-standard", "rate_per_s": None, "compile_s": None, "reason": "hangs"},
        ],
        "energy": [
            {
                "meter": "nvml:0",
                "method": "integrated counter",
                "covers": "the device",
                "gross_j": 6000.0,
                "low_j": 5700.0,
                "high_j": 6300.0,
                "window_s": 10.0,
                "reason": None,
                "efficiency": {"j_per_unit": {"value": 75e-12, "low": 70e-12, "high": 80e-12}},
            }
        ],
        "telemetry": [
            {
                "source": "NVML card",
                "clock_hz": 1.5e9,
                "clock_low_hz": 1.4e9,
                "temperature_high_c": 60.0,
                "throttle": [{"reason": "power limit", "share": 0.5}],
            }
        ],
        "warnings": ["contention"],
    }
    expected = {
        "rated_hz": 2e9,
        "hashrate_hs": {"rot15": {"likely": 10e9, "low": 6e9, "high": 13e9}},
        "per_unit_and_cycle": {"lop3": 64.0},
    }
    pipes = {"pipes": [{"mix": ["lop3"], "per_unit_and_rated_cycle": 47.5}, {"mix": ["mad"], "why": "no time"}]}
    return {
        "path": "OpenCL",
        "packages": "the machine's own",
        "device": {"id": "opencl:0", "name": "A card", "compute_units": 132, "limits": {"max_clock_mhz": 2000}},
        "steps": [
            done("expected", expected),
            done("run", run),
            done("verify run", {}),
            done("pipes", pipes),
            done("workload scrypt", figures_of({"results": [{"status": "skipped", "reason": "too little memory"}]})),
            done("workload gemm", figures_of({"results": [gemm("float32"), gemm("int8")]})),
            {"name": "long", "status": "timed out", "seconds": 9.0, "limit_s": 9, "why": "no answer\nwithin 9 s"},
        ],
    }


def test_a_rate_stands_beside_its_prediction_at_the_rated_clock_and_at_the_one_that_was_seen() -> None:
    text = summary(hour())
    assert "x1-rotate-xor-standard-rot15: 8 (7.9 to 8.1) GH/s; verify: done" in text
    assert "predicted 10 (6 to 13) GH/s: inside its range, 0.800 ÷ predicted" in text
    assert "at the 1500 MHz that were seen: 7.5 GH/s, 1.067 ÷ predicted" in text
    assert "75 (70 to 80) J/TH, 600 W" in text
    assert "held back by: power limit 50 %" in text
    assert "lop3                    47.5 | 64" in text
    assert "x2-rotate-xor-standard: hangs" in text
    assert "long: timed out after 9 s" in text
    assert "workload gemm      float32, 64: 5e+12 flop/s, share of its roof unknown, gemm-cuda" in text
    assert "workload gemm      int8, 64: skipped: it has no int8" in text
    assert "workload scrypt    skipped: too little memory" in text


def test_a_rate_outside_of_its_range_is_shouted() -> None:
    record = hour()
    record["steps"][1]["answer"]["rate"]["value"] = 3e9
    assert "OUTSIDE its range" in summary(record)


def test_of_a_long_reason_the_exit_code_and_the_cause_are_shown() -> None:
    why = "exit code 1: Traceback (most recent call last):\n" + "  File x, line 1\n" * 50 + "CUDAError: no such device"
    text = summary({"steps": [{"name": "cuda", "status": "failed", "seconds": 1.0, "why": why}]})
    line = next(line for line in text.splitlines() if "cuda: failed after 1 s" in line)
    assert "exit code 1: Traceback" in line
    assert line.endswith("CUDAError: no such device")


def test_a_summary_can_be_written_of_anything_and_is_short_enough_to_be_shown() -> None:
    assert summary({})
    assert summary({"steps": [done("run", None), done("energy", {"why": "NVML tells nothing"})]})
    assert "rates      cannot be shown" in summary({"steps": [done("run", {"rate": {"value": "fast"}})]})
    record = hour()
    record["steps"] += [
        {"name": f"step {number}", "status": "failed", "seconds": 0.0, "why": "x" * 5000} for number in range(300)
    ]
    text = summary(record)
    assert len(text) < LONGEST + 100
    assert max(map(len, text.splitlines())) < 250


def test_the_figures_of_a_result_file_are_those_that_the_summary_shows() -> None:
    figures = figures_of(json.loads(GOLDEN.read_text(encoding="utf-8")))
    assert figures["rate"]["value"] > 0
    assert figures["kernel"]
    assert figures["energy"][0]["reason"]
    assert figures["status"] == "measured"
    assert figures_of({})["rate"]["value"] is None


def test_what_a_run_prints_has_the_same_figures_as_the_file_that_it_stores() -> None:
    """`hashwatt run --json` prints the file's content beside its name and the verdict (docs/json.md)."""
    stored = json.loads(GOLDEN.read_text(encoding="utf-8"))
    printed = {"file": "run.json", "verdict": {}, "comparisons": [], "result": stored}
    assert figures_of(printed) == figures_of(stored)


def test_a_run_without_a_rate_is_shown_with_its_reason() -> None:
    told = {"status": "failed", "reason": "its kernels answer wrongly"}
    assert "run        no rate: failed, its kernels answer wrongly" in summary({"steps": [done("run", told)]})


def test_the_end_of_a_kernels_name_says_how_its_work_is_dealt_out() -> None:
    assert [pipes_of(f"cuda-x1-rotate-xor-standard{end}") for end in ("", "-rot15", "-pair")] == [
        "none",
        "rot15",
        "pair",
    ]


def test_what_was_not_tried_is_no_candidate_and_checks_that_were_not_asked_are_not_passed() -> None:
    untried = {"name": "later", "why": "no time was left"}
    variants = {"variants": [{"name": "fast", "best_hs": 8e9}, untried, untried]}
    race = [{"name": "fast", "rate_per_s": 8e9, "compile_s": 1.0}, {"name": "late", "reason": "not tried yet"}]
    run = {"rate": {"value": None}, "race": race}
    asked = {"checks": [{"name": "one"}, {"name": "two", "why": "wrong"}], "of": 20}
    text = summary({"steps": [done("run", run), done("variants", variants), done("conformance", asked)]})
    assert "variants   fast 8 GH/s\nvariants   2 of 3: no time was left" in text
    assert "race       run: late: not tried yet" in text
    assert "unknown GH/s" not in text
    assert "conformance 1 of 20 checks passed" in text


def test_every_skipped_step_is_named_under_its_reason_and_a_line_that_is_cut_shows_it() -> None:
    names = [f"workload number {number}" for number in range(30)]
    steps = [{"name": name, "status": "skipped", "seconds": 0.0, "why": "no time was left"} for name in names]
    other = {"name": "run second", "status": "skipped", "seconds": 0.0, "why": "there is one way only"}
    run = {"rate": {"value": 8e9, "low": 8e9, "high": 8e9}, "device": "cpu", "kernel": "fast"}
    unmetered = {**run, "energy": [{"meter": None, "reason": "no energy source " * 50}]}
    text = summary({"steps": [*steps, other, done("run", unmetered)]})
    assert "skipped, there is one way only: run second\n" in text + "\n"
    shown = " ".join(text.split()).partition("skipped, no time was left: ")[2]
    assert shown.startswith(", ".join(names))
    energy = next(line for line in text.splitlines() if "no energy source" in line)
    assert energy.strip().startswith("energy: no energy source")
    assert energy.endswith(" …")
