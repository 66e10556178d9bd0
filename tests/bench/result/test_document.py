"""docs/result-file.md and the schema say of every field what it is, and when it is null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from hashwatt.bench.result.document import document
from hashwatt.bench.result.fields import Meaning, described
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.schema import result_schema

PAGE = Path(__file__).parents[3] / "docs" / "result-file.md"


def structs() -> list[inspect.StructType]:
    found: dict[type, inspect.StructType] = {}

    def walk(info: Any) -> None:
        if isinstance(info, inspect.StructType):
            if info.cls in found:
                return
            found[info.cls] = info
            for field in info.fields:
                walk(field.type)
        for name in ("type", "item_type", "key_type", "value_type"):
            if hasattr(info, name):
                walk(getattr(info, name))
        for inner in getattr(info, "types", ()):
            walk(inner)

    walk(inspect.type_info(Result))
    return list(found.values())


def test_the_page_is_the_models() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run `python -m hashwatt.bench.result.document > docs/result-file.md`"
    )


@pytest.mark.parametrize("info", structs(), ids=lambda info: info.cls.__name__)
def test_every_field_has_its_meaning_and_says_when_it_is_null(info: inspect.StructType) -> None:
    text, meanings = described(info.cls.__doc__ or "")
    assert text
    assert list(meanings) == [field.encode_name for field in info.fields]
    for field in info.fields:
        nullable = isinstance(field.type, inspect.UnionType) and field.type.includes_none
        meaning = meanings[field.encode_name]
        assert meaning.text
        assert bool(meaning.when_null) == nullable, f"{info.cls.__name__}.{field.encode_name}"


def test_the_schema_has_the_same_meanings() -> None:
    for name, part in json.loads(result_schema())["$defs"].items():
        for field, described_part in part["properties"].items():
            # What tells evidence apart is no field of the model.
            assert described_part.get("description") or field == "kind", f"{name}.{field}"


def test_a_docstring_is_taken_apart() -> None:
    text, meanings = described(
        """What it is.

        More of it.

        Fields:
            first: a thing
                that takes two lines
            second: another; null: sometimes
        """
    )
    assert text == "What it is.\n\nMore of it."
    assert meanings == {"first": Meaning("a thing that takes two lines", ""), "second": Meaning("another", "sometimes")}
