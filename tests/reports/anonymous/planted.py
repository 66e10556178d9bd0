"""A result of the whole model, each of whose texts is a word of its own: whatever is added to the model is in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import msgspec.inspect

from hashwatt.bench.result.model import Result

Types = msgspec.inspect


class Planting:
    """Makes values of the model's types; `words` tells which word stands in which place."""

    def __init__(self) -> None:
        """Nothing is planted yet."""
        self.words: dict[str, str] = {}

    def word(self, place: str) -> str:
        """The word of a place; the same wherever that record stands."""
        return self.words.setdefault(place, f"canary{len(self.words):03d}x")

    def values(self, told: Types.Type, place: str) -> Iterator[Any]:
        """A value of that type, and of a union of records one of each kind; never null where anything else may stand.

        A dictionary's names and values are places of their own.
        """
        match told:
            case Types.Metadata(type=inner):
                yield from self.values(inner, place)
            case Types.StrType():
                yield self.word(place)
            case Types.DictType():
                yield {self.word(f"{place} (name)"): self.word(f"{place} (value)")}
            case Types.VarTupleType(item_type=inner):
                yield tuple(self.values(inner, place))
            case Types.UnionType(types=several):
                records = [each for each in several if isinstance(each, Types.StructType)]
                kinds: list[Types.Type] = [*records]
                for kind in kinds or [next(each for each in several if not isinstance(each, Types.NoneType))]:
                    yield from self.values(kind, place)
            case Types.StructType():
                yield from self.records(told)
            case Types.LiteralType(values=several):
                # So that it is shown: what was not measured hardly is.
                yield "measured" if "measured" in several else several[0]
            case Types.BoolType():
                # So that rounds count.
                yield True
            case Types.IntType():
                yield 1
            case Types.FloatType():
                yield 1.0
            case _:
                raise AssertionError(f"{place} is of a kind that nobody has thought of: {told}")

    def records(self, told: Types.StructType) -> Iterator[Any]:
        """Records that hold all values that a field may have, if one of them may have several."""
        fields = {
            one.name: list(self.values(one.type, f"{told.cls.__name__}.{one.name}"))
            for one in told.fields
        }  # fmt: skip
        for number in range(max(map(len, fields.values()), default=1)):
            yield told.cls(**{name: several[min(number, len(several) - 1)] for name, several in fields.items()})


def planted() -> tuple[Result, dict[str, str]]:
    """The result, and its words by the record and field that they stand in."""
    planting = Planting()
    told = Types.type_info(Result)
    (made,) = planting.values(told, "")
    return made, planting.words
