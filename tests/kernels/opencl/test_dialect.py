"""A kernel is the same text in both dialects, and CUDA's prelude knows every word of OpenCL that kernels use."""

from __future__ import annotations

import re

import pytest

from hashwatt.kernels.opencl.codegen.dialect import CUDA, OPENCL
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.stream import emit_stream
from hashwatt.kernels.opencl.codegen.variant import Variant

CALLED = re.compile(r"\b([a-z]\w*)\(")
# What follows these in parentheses is no argument list of a function; `scan` and `stream` are the kernels.
NO_FUNCTIONS = {"for", "if", "defined", "scan", "stream", "asm"}


# Every way to write a rotation, logic, and a sum.
VARIANTS = [Variant(1, "rotate", "select"), Variant(1, "shift", "shared"), Variant(1, "rotate", "xor", pipes="rot15")]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_kernel_is_the_same_text_in_both_dialects(variant: Variant) -> None:
    assert emit(variant, CUDA) == "\n".join(CUDA.prelude) + "\n" + emit(variant, OPENCL)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_cudas_prelude_defines_every_function_that_a_kernel_calls(variant: Variant) -> None:
    prelude = "\n".join(CUDA.prelude)
    for source in (emit(variant), emit_stream(variant, ["add", "rotate", "xor3", "xor"])):
        called = set(CALLED.findall(source)) - NO_FUNCTIONS
        assert called
        for name in called:
            assert re.search(rf"\buint {name}\(", prelude), f"{name} is no word of CUDA's, nor in the prelude"


def test_cuda_has_no_vectors() -> None:
    with pytest.raises(ValueError, match="has vectors"):
        emit(Variant(2), CUDA)
