"""`hashwatt kernel` prints kernels and `hashwatt predict` models GPUs."""

from __future__ import annotations

import pytest

from hashwatt.cli import exits
from hashwatt.kernels.opencl.compilers.compare import InstructionCount

from ...cli.json_paths import paths_of
from ...cli.terminal import run_here
from ...cli.test_json_fields import documented

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


def test_a_kernel_is_printed_as_cuda(capsys: Capture) -> None:
    outcome = run_here(capsys, "kernel", "x1-rotate-xor-standard-pair", "--emit", "cuda")
    assert outcome.code == exits.DONE
    assert '#define __kernel extern "C" __global__' in outcome.out
    assert "__kernel void scan(" in outcome.out
    assert "const uint two0" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x4-shift-xor-standard", "--emit", "cuda"], "is OpenCL's alone"),
        (["pipeline-x1-shift-xor-standard", "--emit", "cuda"], "is OpenCL's alone"),
        (["x4-shift-xor-standard", "--emit", "sass"], "is none for GPUs"),
        (["--emit", "opencl", "--target", "sm_90"], "need a compiled language"),
        (["--counts"], "need a compiled language"),
        (["--emit", "ptx", "--counts"], "PTX is no machine code"),
        (["--emit", "sass", "--counts", "--rolled"], "counted for one prefix"),
        (["--emit", "ptx", "--target", "sm_999"], "there is no sm_999"),
        (["--emit", "sass", "--target", "gfx1100"], "is no architecture of sass"),
        (["--emit", "amdgcn", "--target", "sm_90"], "is no architecture of amdgcn"),
    ],
)
def test_what_cannot_be_compiled_is_bad_input_in_one_sentence(capsys: Capture, arguments: list[str], said: str) -> None:
    outcome = run_here(capsys, "kernel", *arguments)
    assert outcome.code == exits.BAD_INPUT
    assert said in outcome.err
    assert outcome.out == ""
    assert len(outcome.err.strip().removeprefix("hashwatt: ")) <= 120


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that answers at once, whatever is installed."""
    counted = (InstructionCount("shift", 1177, 1176), InstructionCount("other", 1, None))
    monkeypatch.setattr("hashwatt.kernels.opencl.compilers.compare.instruction_counts", lambda *_: counted)
    monkeypatch.setattr("hashwatt.kernels.opencl.compilers.compile.compiled_to", lambda *_: "SHF.L.W ;\n")


@pytest.mark.usefixtures("compiled")
def test_what_a_compiler_makes_of_a_kernel_is_printed(capsys: Capture) -> None:
    assert run_here(capsys, "kernel", "--emit", "sass").out == "SHF.L.W ;\n"
    told = run_here(capsys, "kernel", "--emit", "sass", "--target", "sm_120", "--counts").out.splitlines()
    assert told[0] == "x1-rotate-xor-standard, sm_120: instructions a hash"
    assert told[1].split() == ["shift", "1177", "compiled", "1176", "modelled"]
    assert told[2].split() == ["other", "1", "compiled", "–", "modelled"]


@pytest.mark.usefixtures("compiled")
def test_counts_for_scripts_are_documented(capsys: Capture) -> None:
    document = run_here(capsys, "kernel", "--emit", "sass", "--counts", "--json").document
    assert document["target"] == "sm_90"
    assert set(paths_of(document)) == documented("kernel --counts")


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


def test_what_the_multiplier_may_add_is_predicted_apart(capsys: Capture) -> None:
    outcome = run_here(capsys, "predict", "rtx4090")
    assert "with both pipes, x1-rotate-xor-standard-pair: 10.54 GH/s modelled, likely" in outcome.out
    assert "clocks a hash, of the logic" in outcome.out
    assert "both pipes" not in run_here(capsys, "predict", "rx 7900 xtx").out


def test_predictions_for_scripts_carry_their_origin(capsys: Capture) -> None:
    (entry,) = run_here(capsys, "predict", "rx6800xt", "--json").document["predictions"]
    assert entry["origin"] == "modelled"
    assert entry["low_hs"] < entry["hashrate_hs"] < entry["high_hs"]
    assert entry["both_pipes"] is None
    assert entry["binds"] == "vector"


def test_all_known_gpus_are_predicted_without_a_name(capsys: Capture) -> None:
    assert "GeForce RTX 2080 Ti" in run_here(capsys, "predict").out


def test_an_unknown_gpu_is_bad_input(capsys: Capture) -> None:
    assert run_here(capsys, "predict", "rtx 9999").code == exits.BAD_INPUT
