"""Filling operands and taking prints on the CPU, as LLVM IR: see `opencl` for the same in C."""

from __future__ import annotations

from functools import partial

from ...cpu.codegen.array_ir import Kind, Lines, register_bits, splat
from ...cpu.native import ATTRIBUTES
from .inputs import FIRST_FACTOR, SECOND_FACTOR, STEP
from .prints import FIRST_FACTOR as FIRST_PRINT_FACTOR
from .prints import PLACE_STEP
from .prints import SECOND_FACTOR as SECOND_PRINT_FACTOR

# numpy's names of the types, in LLVM IR.
TYPES = {"float64": "double", "float32": "float", "int32": "i32", "int16": "i16", "int8": "i8"}
PRINT_BITS = 32


def _fill(number: str) -> str:
    """See inputs.values: one number an item, from `%offset` on. Only the first item's line takes a division."""
    kind = TYPES[number]
    bits = {"i16": "trunc i64 %scaled to i16", "i8": "trunc i64 %scaled to i8", "i32": "trunc i64 %scaled to i32"}
    return f"""\
define void @fill(ptr %target, i64 %seed, i64 %offset, i64 %line, i64 %top, i64 %left, i64 %rows, i64 %columns,
                  i64 %least, i64 %span, i64 %start, i64 %stop) nounwind {ATTRIBUTES} {{
entry:
  %any = icmp slt i64 %start, %stop
  %whole = sdiv i64 %start, %line
  %before = mul i64 %whole, %line
  %within = sub i64 %start, %before
  br i1 %any, label %item, label %done
item:
  %i = phi i64 [ %start, %entry ], [ %i.next, %store ]
  %y = phi i64 [ %whole, %entry ], [ %y.next, %store ]
  %x = phi i64 [ %within, %entry ], [ %x.next, %store ]
  %row = sub i64 %y, %top
  %column = sub i64 %x, %left
  %high = icmp ult i64 %row, %rows
  %wide = icmp ult i64 %column, %columns
  %inside = and i1 %high, %wide
  br i1 %inside, label %make, label %store
make:
  %first = mul i64 %row, %columns
  %place = add i64 %first, %column
  %count = add i64 %place, 1
  %stepped = mul i64 %count, {STEP}
  %m1 = add i64 %stepped, %seed
  %s1 = lshr i64 %m1, 30
  %x1 = xor i64 %m1, %s1
  %m2 = mul i64 %x1, {FIRST_FACTOR}
  %s2 = lshr i64 %m2, 27
  %x2 = xor i64 %m2, %s2
  %m3 = mul i64 %x2, {SECOND_FACTOR}
  %s3 = lshr i64 %m3, 31
  %x3 = xor i64 %m3, %s3
  %upper = lshr i64 %x3, 32
  %spanned = mul i64 %upper, %span
  %of.span = lshr i64 %spanned, 32
  %scaled = add i64 %of.span, %least
  %made = {bits.get(kind, f"sitofp i64 %scaled to {kind}")}
  br label %store
store:
  %value = phi {kind} [ zeroinitializer, %item ], [ %made, %make ]
  %at = add i64 %offset, %i
  %pointer = getelementptr {kind}, ptr %target, i64 %at
  store {kind} %value, ptr %pointer
  %i.next = add i64 %i, 1
  %x.more = add i64 %x, 1
  %over = icmp eq i64 %x.more, %line
  %y.more = add i64 %y, 1
  %x.next = select i1 %over, i64 0, i64 %x.more
  %y.next = select i1 %over, i64 %y.more, i64 %y
  %again = icmp slt i64 %i.next, %stop
  br i1 %again, label %item, label %done
done:
  ret void
}}
"""


def _mixed(lines: Lines, kind: Kind, number: str, column: str) -> str:
    """What numbers of a line add to its print: from `column`, the column of each."""
    product, text = Kind(number, PRINT_BITS, kind.lanes), kind.text
    wide = lines.value(f"sext i32 {column} to i64")
    at = lines.value(f"add i64 %begin, {wide}")
    pointer = lines.value(f"getelementptr {number}, ptr %product, i64 {at}")
    value = lines.value(f"load {product.text}, ptr {pointer}, align {8 if number == 'double' else 4}")
    if number != "i32":
        # Of a wrong product, which may be any number, the print is any as well.
        value = lines.value(f"freeze {text} {lines.value(f'fptosi {product.text} {value} to {text}')}")
    columns = splat(lines, kind, column)
    if kind.lanes > 1:
        numbered = ", ".join(f"i32 {lane}" for lane in range(kind.lanes))
        columns = lines.value(f"add {text} {columns}, <{numbered}>")
    place = lines.value(f"add {text} {splat(lines, kind, '%place')}, {columns}")
    mixed = lines.value(f"mul {text} {place}, {splat(lines, kind, str(PLACE_STEP))}")
    mixed = lines.value(f"xor {text} {value}, {mixed}")
    for shift, factor in ((16, FIRST_PRINT_FACTOR), (13, SECOND_PRINT_FACTOR)):
        shifted = lines.value(f"lshr {text} {mixed}, {splat(lines, kind, str(shift))}")
        mixed = lines.value(f"xor {text} {mixed}, {shifted}")
        mixed = lines.value(f"mul {text} {mixed}, {splat(lines, kind, str(factor))}")
    shifted = lines.value(f"lshr {text} {mixed}, {splat(lines, kind, '16')}")
    return lines.value(f"xor {text} {mixed}, {shifted}")


def _take_prints(number: str) -> str:
    """See prints.prints_of: one line an item; products of `%lines` lines, `%elements` numbers apart."""
    wide, one = Kind("i32", PRINT_BITS, register_bits() // PRINT_BITS), Kind("i32", PRINT_BITS, 1)
    vectors, rest = Lines("v"), Lines("o")
    many = _mixed(vectors, wide, TYPES[number], "%j")
    single = _mixed(rest, one, TYPES[number], "%k")
    return f"""\
declare i32 @llvm.vector.reduce.add.v{wide.lanes}i32({wide.text})
define void @take_prints(ptr %prints, ptr %product, i64 %lines, i64 %columns, i64 %line, i64 %elements,
                         i64 %start, i64 %stop) nounwind {ATTRIBUTES} {{
entry:
  %any = icmp slt i64 %start, %stop
  %width = trunc i64 %columns to i32
  %whole = and i32 %width, -{wide.lanes}
  %has.vectors = icmp sgt i32 %whole, 0
  br i1 %any, label %item, label %done
item:
  %i = phi i64 [ %start, %entry ], [ %i.next, %end ]
  %number = sdiv i64 %i, %lines
  %row = srem i64 %i, %lines
  %of.product = mul i64 %number, %elements
  %of.row = mul i64 %row, %line
  %begin = add i64 %of.product, %of.row
  %first = mul i64 %row, %columns
  %place = trunc i64 %first to i32
  br i1 %has.vectors, label %vectors, label %rest
vectors:
  %j = phi i32 [ 0, %item ], [ %j.next, %vectors ]
  %sums = phi {wide.text} [ zeroinitializer, %item ], [ %sums.next, %vectors ]
{chr(10).join(vectors.lines)}
  %sums.next = add {wide.text} %sums, {many}
  %j.next = add i32 %j, {wide.lanes}
  %more = icmp slt i32 %j.next, %whole
  br i1 %more, label %vectors, label %rest
rest:
  %all = phi {wide.text} [ zeroinitializer, %item ], [ %sums.next, %vectors ]
  %sum = call i32 @llvm.vector.reduce.add.v{wide.lanes}i32({wide.text} %all)
  %left = icmp slt i32 %whole, %width
  br i1 %left, label %ones, label %end
ones:
  %k = phi i32 [ %whole, %rest ], [ %k.next, %ones ]
  %total = phi i32 [ %sum, %rest ], [ %total.next, %ones ]
{chr(10).join(rest.lines)}
  %total.next = add i32 %total, {single}
  %k.next = add i32 %k, 1
  %again = icmp slt i32 %k.next, %width
  br i1 %again, label %ones, label %end
end:
  %print = phi i32 [ %sum, %rest ], [ %total.next, %ones ]
  %pointer = getelementptr i32, ptr %prints, i64 %i
  store i32 %print, ptr %pointer
  %i.next = add i64 %i, 1
  %through = icmp sge i64 %i.next, %stop
  br i1 %through, label %done, label %item
done:
  ret void
}}
"""


# As sources name them.
fill_float64, fill_float32, fill_int32, fill_int16, fill_int8 = (partial(_fill, number) for number in TYPES)
prints_of_float64, prints_of_float32, prints_of_int32 = (
    partial(_take_prints, number) for number in ("float64", "float32", "int32")
)
