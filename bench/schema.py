"""The result model as a JSON Schema: `python -m hashwatt.bench.schema` prints what `result.schema.json` holds."""

from __future__ import annotations

import json

import msgspec

from .result import Result


def result_schema() -> str:
    """The JSON Schema of a result file, as text."""
    schema = msgspec.json.schema(Result)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":
    print(result_schema(), end="")
