"""Tiles of sums (`codegen.dot_tile`) as functions that Numba-compiled code can call on arrays."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .codegen.dot_tile import host_target, tile


def tile_call(number: str, channels: int, positions: int, name: str) -> Any:
    """`call(x, x_at, w, w_at, out, out_at, row_bytes)`: a tile on arrays, from these numbers of theirs on.

    A function may call it in one place; `name` tells its tiles apart.
    """
    target = host_target(number)
    symbol = f"hashwatt_tile_{number}_{channels}_{name}"

    def call(typing_context, x, x_at, w, w_at, out, out_at, row_bytes):  # type: ignore[no-untyped-def]
        signature = types.void(x, types.intp, w, types.intp, out, types.intp, types.int64)

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            context.active_code_library.add_llvm_module(llvm.parse_assembly(tile(symbol, target, channels, positions)))
            pointer = ir.PointerType()
            places = []
            for at in (0, 2, 4):
                data = context.make_array(signature.args[at])(context, builder, arguments[at]).data
                places.append(builder.bitcast(builder.gep(data, [arguments[at + 1]]), pointer))
            kind = ir.FunctionType(ir.VoidType(), [pointer, pointer, pointer, ir.IntType(64)])
            function = builder.module.globals.get(symbol) or ir.Function(builder.module, kind, symbol)
            builder.call(function, [*places, arguments[6]])
            return context.get_dummy_value()

        return signature, codegen

    return intrinsic(call)
