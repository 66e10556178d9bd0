"""What is frozen of schema version 2: the form without its words, since a description may be put better at any time.

`python -m tests.golden.version2.frozen` prints the digest that changes.md ends with; with `--first` it writes the form
that 0.2.0 is released with, which is done once.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from hashwatt.bench.result.schema import result_schema

FIRST = Path(__file__).parent / "first_form.json"


def without_words(value: Any) -> Any:
    """A schema without descriptions and titles; a property may be called so, and stays."""
    if isinstance(value, list):
        return [without_words(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: without_words(part) for name, part in item.items()} if key == "properties" else without_words(item)
        for key, item in value.items()
        if key not in ("description", "title", "$schema")
    }


def form_now() -> str:
    """The form of a result file as the model has it now."""
    return json.dumps(without_words(json.loads(result_schema())), indent=1, sort_keys=True) + "\n"


def digest_now() -> str:
    """What names that form."""
    return hashlib.sha256(form_now().encode()).hexdigest()[:16]


if __name__ == "__main__":
    if "--first" in sys.argv[1:]:
        FIRST.write_text(form_now(), encoding="utf-8")
    print(digest_now())
