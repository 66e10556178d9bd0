"""`hashwatt kernel` prints kernels and `hashwatt predict` models GPUs."""

from __future__ import annotations

import pytest

from hashwatt.cli import exits

from ...cli.terminal import run_here

Capture = pytest.CaptureFixture[str]


def test_a_kernel_is_printed_as_opencl_c(capsys: Capture) -> None:
    outcome = run_here(capsys, "kernel", "x4-shift-xor-standard")
    assert outcome.code == exits.DONE
    assert "__kernel void scan(" in outcome.out
    assert "typedef uint4 word;" in outcome.out


def test_the_name_of_a_result_is_a_name_to_print(capsys: Capture) -> None:
    document = run_here(capsys, "kernel", "opencl-x4-shift-xor-standard", "--rolled", "--json").document
    assert document["kernel"] == "x4-shift-xor-standard-version-rolled"
    assert "prefix < prefixes" in document["source"]


def test_a_kernel_is_printed_as_llvm_ir(capsys: Capture) -> None:
    outcome = run_here(capsys, "kernel", "--emit", "llvm")
    assert outcome.code == exits.DONE
    assert "define i64 @scan(" in outcome.out


@pytest.mark.parametrize("language", ["opencl", "llvm"])
def test_an_unknown_kernel_is_bad_input(capsys: Capture, language: str) -> None:
    outcome = run_here(capsys, "kernel", "fastest", "--emit", language)
    assert outcome.code == exits.BAD_INPUT
    assert "'fastest'" in outcome.err


def test_a_prediction_says_that_it_is_modelled_and_how_far_to_trust_it(capsys: Capture) -> None:
    outcome = run_here(capsys, "predict", "rtx4090")
    assert outcome.code == exits.DONE
    assert "modelled, likely" in outcome.out
    assert "https://" in outcome.out


def test_predictions_for_scripts_carry_their_origin(capsys: Capture) -> None:
    (entry,) = run_here(capsys, "predict", "rx6800xt", "--json").document["predictions"]
    assert entry["origin"] == "modelled"
    assert entry["low_hs"] < entry["hashrate_hs"] < entry["high_hs"]


def test_all_known_gpus_are_predicted_without_a_name(capsys: Capture) -> None:
    assert "GeForce RTX 2080 Ti" in run_here(capsys, "predict").out


def test_an_unknown_gpu_is_bad_input(capsys: Capture) -> None:
    assert run_here(capsys, "predict", "rtx 9999").code == exits.BAD_INPUT
