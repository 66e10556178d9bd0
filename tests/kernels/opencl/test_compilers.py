"""Real compilers for GPUs emit as many instructions of each kind as the graph counts.

Where one is missing, the skip says what to install. NVIDIA's tools are packages of the group `compilers`.
"""

from __future__ import annotations

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.opencl.codegen.pipes import SHARES, Pipes
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.compilers.compare import InstructionCount, instruction_counts
from hashwatt.kernels.opencl.compilers.compile import Language, compiled_to
from hashwatt.kernels.opencl.compilers.toolchain import clang_for, nvidia_tool

NVIDIA = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_100", "sm_103", "sm_110", "sm_120", "sm_121"]
AMD = [
    "gfx803",
    "gfx900",
    "gfx906",
    "gfx908",
    "gfx90a",
    "gfx942",
    "gfx950",
    "gfx1010",
    "gfx1030",
    "gfx1100",
    "gfx1101",
    "gfx1201",
]
BOTH_PIPES = [pipes for pipes in SHARES if pipes != "none"]
NEEDS = {"sass": "nvptx64", "amdgcn": "amdgcn"}


def counted(pipes: Pipes, language: Language, architecture: str) -> dict[str, InstructionCount]:
    variant = Variant(1, "rotate", "xor", pipes=pipes)
    try:
        clang_for(NEEDS[language])
        if language == "sass":
            nvidia_tool("ptxas")
            nvidia_tool("nvdisasm")
    except InputError as missing:
        pytest.skip(str(missing))
    try:
        found = instruction_counts(variant, language, architecture)
    except InputError as error:
        if "another release" in str(error):
            pytest.skip(str(error))
        raise
    return {count.kind: count for count in found}


def assert_sass_as_counted(pipes: Pipes, architecture: str) -> None:
    for kind, count in counted(pipes, "sass", architecture).items():
        if count.modelled is None:
            assert count.compiled <= 5, "comparisons and moves in the loop"
        else:
            # 1 % of what there are, and the loop's own few.
            assert count.compiled == pytest.approx(count.modelled, rel=0.01, abs=12), kind


def test_nvidias_compiler_emits_what_is_counted_on_each_pipe() -> None:
    assert_sass_as_counted("none", "sm_90")


@pytest.mark.slow
@pytest.mark.parametrize("pipes", BOTH_PIPES)
def test_operations_that_are_given_to_the_multiplier_stay_there(pipes: Pipes) -> None:
    assert_sass_as_counted(pipes, "sm_90")


@pytest.mark.slow
@pytest.mark.parametrize("pipes", ["none", "rot15"])
@pytest.mark.parametrize("architecture", NVIDIA)
def test_on_every_architecture_of_nvidia(architecture: str, pipes: Pipes) -> None:
    assert_sass_as_counted(pipes, architecture)


def assert_amdgcn_as_counted(architecture: str) -> None:
    found = counted("none", "amdgcn", architecture)
    for kind in ("shift", "add"):
        assert found[kind].compiled == pytest.approx(found[kind].modelled, rel=0.01), kind
    # Of GCN's two XORs a sum of three clang makes some one with an addition, v_xad_u32.
    assert found["logic"].compiled == pytest.approx(found["logic"].modelled, rel=0.07)
    assert found["multiply"].compiled == found["multiply_high"].compiled == 0
    assert found["other"].compiled <= 5


def test_amds_compiler_emits_what_is_counted() -> None:
    assert_amdgcn_as_counted("gfx1030")


@pytest.mark.slow
@pytest.mark.parametrize("architecture", AMD)
def test_on_every_architecture_of_amd(architecture: str) -> None:
    assert_amdgcn_as_counted(architecture)


@pytest.mark.slow
def test_the_multiplication_of_a_shift_is_one_instruction_in_ptx() -> None:
    """Not a wide product of which half is thrown away, nor the shift that a compiler would make of a known power."""
    from hashwatt.kernels.opencl.codegen.emit import emit

    try:
        ptx = compiled_to("ptx", emit(Variant(1, "rotate", "xor", pipes="pairshr")), "sm_90")
    except InputError as missing:
        pytest.skip(str(missing))
    assert ptx.count("mul.hi.u32") == 156
    # Those of addresses.
    assert ptx.count("mul.wide") < 10
