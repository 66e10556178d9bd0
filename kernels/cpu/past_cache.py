"""Stores that go past the caches: for results that nobody reads soon, they save fetching the line first."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def store_past_cache(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """`array[index] = value` in Numba-compiled code, as a non-temporal store where the machine has one."""
    signature = types.void(array, types.intp, array.dtype)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type = signature.args[0]
        data = context.make_array(array_type)(context, builder, arguments[0]).data
        place = builder.gep(data, [arguments[1]])
        store = builder.store(arguments[2], place)
        one = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        store.set_metadata("nontemporal", one)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic  # type: ignore[untyped-decorator]
def order_stores(typing_context: Any) -> Any:
    """Wait until such stores can be seen by other threads."""
    signature = types.void()

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return signature, codegen
