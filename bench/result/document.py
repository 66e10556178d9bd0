"""The result model for people: `python -m hashwatt.bench.result.document` prints what docs/result-file.md holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from msgspec import inspect

from .fields import described
from .model import Result

HEAD = """\
# The result file

One JSON file a run, schema version 2, as `hashwatt run -o FILE` writes it. This page is made from the model's own
docstrings (`python -m hashwatt.bench.result.document > docs/result-file.md`); `bench/result/result.schema.json` is the
same for programs. Unknown fields are refused. What is not known is `null`, never 0. `NaN` and infinity do not occur.

Files of version 1 (hashwatt 0.1) are read as before. Read into this model, they have one machine and one round; their
headline stays the median of the samples' rates (`written_as` is 1). Where results of both versions are compared, both
rates are worked out anew from the samples.

`hashwatt run --json` prints `{"file", "verdict", "result"}`: the path (or null), what `hashwatt verify --json` says of
it, and the file's content.

Units stand in names: `_s` seconds, `_hz` hertz, `_w` watts, `_j` joules, `_c` degrees Celsius, `_bytes` bytes. Rates
count the record's `unit` a second, without a prefix. *or null* means that the field is always there and may be null; a
field that may be left out has its default beside it.
"""
UNITS = {
    "_per_cpu_s": "units a CPU second",
    "_per_s": "units a second",
    "_per_j": "units a joule",
    "j_per_unit": "joules a unit",
    "cpu_s": "CPU seconds",
    "_s": "seconds",
    "seconds": "seconds",
    "_hz": "hertz",
    "_w": "watts",
    "joules": "joules",
    "_j": "joules",
    "_c": "°C",
    "_bytes": "bytes",
    "percent": "per cent",
    "_hex": "hex digits",
}


def document() -> str:
    """The page."""
    parts = [HEAD]
    for info in _structs(inspect.type_info(Result)):
        text, meanings = described(info.cls.__doc__ or "")
        tag = f"`kind` is `{info.tag}`." if info.tag is not None else ""
        rows = [_row(field, meanings[field.encode_name]) for field in info.fields]
        table = "\n".join(["| field | type | unit | meaning | null when |", "|---|---|---|---|---|", *rows])
        parts.append("\n\n".join(filter(None, [f"## {info.cls.__name__}", text, tag, table])) + "\n")
    return "\n".join(parts)


def _structs(root: inspect.Type) -> Iterator[inspect.StructType]:
    """The structs of the model, each once: the whole first, then what it is made of, in the order of its fields."""
    seen: set[type] = set()
    waiting: list[inspect.Type] = [root]
    while waiting:
        info = waiting.pop(0)
        if isinstance(info, inspect.StructType) and info.cls not in seen:
            seen.add(info.cls)
            yield info
            waiting.extend(field.type for field in info.fields)
        else:
            waiting[:0] = _inner(info)


def _inner(info: inspect.Type) -> list[inspect.Type]:
    match info:
        case inspect.Metadata():
            return [info.type]
        case inspect.UnionType():
            return list(info.types)
        case inspect.VarTupleType():
            return [info.item_type]
        case inspect.DictType():
            return [info.key_type, info.value_type]
        case _:
            return []


def _row(field: inspect.Field, meaning: Any) -> str:
    default = "" if field.required else f" (may be left out: {_default(field.default)})"
    cells = [f"`{field.encode_name}`", _words(field.type) + default, _unit(field), meaning.text, meaning.when_null]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(value: Any) -> str:
    return "null" if value is None else "empty" if value == () else str(value)


def _unit(field: inspect.Field) -> str:
    name = field.encode_name
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "") if _is_figure(field.type) else ""


def _is_figure(info: inspect.Type) -> bool:
    figures = (inspect.IntType, inspect.FloatType, inspect.StrType, inspect.StructType)
    return isinstance(info, figures) or any(_is_figure(each) for each in _inner(info) if isinstance(each, figures))


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata():
            return _words(info.type)
        case inspect.StructType():
            return f"[{info.cls.__name__}](#{info.cls.__name__.lower()})"
        case inspect.UnionType():
            known = [each for each in info.types if not isinstance(each, inspect.NoneType)]
            names = sorted({_words(each) for each in known}) if len(known) > 1 else [_words(known[0])]
            return " or ".join(names) + (" or null" if len(known) < len(info.types) else "")
        case inspect.VarTupleType():
            return f"list of {_words(info.item_type)}"
        case inspect.DictType():
            return f"object of {_words(info.value_type)}"
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in cast(tuple[Any, ...], info.values))
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "whole number"
        case inspect.FloatType():
            return "number"
        case inspect.StrType():
            return "text"
        case _:
            return "anything"


if __name__ == "__main__":
    print(document(), end="")
