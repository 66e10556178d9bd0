"""Any value that a msgspec type takes, within the bounds that the type states: for property tests of the model."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

# Tuples and tables stay short: what matters is each field's bounds.
MOST_ITEMS = 2
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def values_of(type_: Any) -> st.SearchStrategy[Any]:
    """Values of a msgspec type, structs included."""
    return _strategy(inspect.type_info(type_))


def _strategy(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.Metadata():
            return _strategy(info.type)
        case inspect.StructType():
            fields = {field.name: _strategy(field.type) for field in info.fields}
            return st.fixed_dictionaries(fields).map(lambda values: info.cls(**values))
        case inspect.UnionType():
            return st.one_of([_strategy(each) for each in info.types])
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from(info.values)
        case inspect.IntType():
            return st.integers(info.ge, info.le)
        case inspect.FloatType():
            low = info.gt if info.ge is None else info.ge
            return st.floats(low, info.le, exclude_min=info.ge is None, allow_nan=False)
        case inspect.StrType() if info.pattern is None or (
            "\\s" in info.pattern and "-Z" not in info.pattern and "!-~" not in info.pattern
        ):
            shortest = info.min_length or 0
            return st.text(PRINTABLE, min_size=shortest, max_size=max(shortest, min(info.max_length or 8, 8)))
        case inspect.StrType():
            return _formed(info)
        case inspect.VarTupleType():
            return st.lists(_strategy(info.item_type), min_size=info.min_length or 0, max_size=MOST_ITEMS).map(tuple)
        case inspect.DictType():
            return st.dictionaries(_strategy(info.key_type), _strategy(info.value_type), max_size=MOST_ITEMS)
        case _:
            raise TypeError(f"no values of {info!r}")


def _formed(info: inspect.StrType) -> st.SearchStrategy[str]:
    pattern = str(info.pattern)
    if "!-~" in pattern:
        return st.from_regex(r"\A[!-~][ -~]{14,20}[!-~]\Z")
    if "A-Za-z0-9+/" in pattern:
        return st.from_regex(r"\A[A-Za-z0-9+/]{4,40}={0,2}\Z")
    if "0-9a-f" in pattern:
        assert info.min_length == info.max_length
        return st.text("0123456789abcdef", min_size=info.min_length or 0, max_size=info.max_length)
    if "+/" in pattern:
        return st.binary(max_size=9).map(lambda octets: base64.b64encode(octets).decode())
    if "T" in pattern and r"\d" in pattern:
        return st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat().zfill(19) + "Z")
    return st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9:._-]{0,20}\Z")


def round_trip(value: msgspec.Struct) -> msgspec.Struct:
    """What a file of it would be read as. Raises msgspec.ValidationError where it fits no file."""
    return msgspec.json.decode(msgspec.json.encode(value), type=type(value))
