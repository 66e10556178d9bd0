"""The result model as JSON Schema: `python -m hashwatt.bench.result.schema` prints what `result.schema.json` holds."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .fields import described
from .model import Result


def result_schema() -> str:
    """The JSON Schema of a result file, as text, the same with every version of Python and msgspec."""
    schema = _settled(msgspec.json.schema(Result))
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def _settled(value: Any) -> Any:
    # Python before 3.13 keeps a docstring's indentation; msgspec has changed the order of alternatives.
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: _settled(item) for key, item in value.items()}
    if isinstance(settled.get("description"), str):
        settled["description"], meanings = described(settled["description"])
        for name, meaning in meanings.items():
            part = settled["properties"][name]
            # Beside a reference nothing else counts for old readers of schemas; newer ones take both.
            settled["properties"][name] = part | {"description": meaning.sentence}
    if "anyOf" in settled:
        settled["anyOf"].sort(key=lambda each: json.dumps(each, sort_keys=True))
    return settled


if __name__ == "__main__":
    print(result_schema(), end="")
