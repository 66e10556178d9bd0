"""What of a file no check covers: it is the measuring machine's own word, and listed as JSON pointers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .verdict import Check
from .version1 import as_version_1

ANY = "*"
ALL_BELOW = "**"


def trusted(document: Any, covered: Iterable[str]) -> tuple[str, ...]:
    """Pointers to every number, text and truth value in `document` that no pointer of `covered` leads to."""
    first = isinstance(document, dict) and document.get("schema_version") == 1
    tree: dict[str, Any] = {}
    for pointer in covered:
        node = tree
        for step in (as_version_1(pointer) if first else pointer).split("/")[1:]:
            node = node.setdefault(step, {})
    return tuple(_uncovered(document, [tree], ""))


def covered_by(checks: Iterable[Check]) -> list[str]:
    """What these checks cover together."""
    return [pointer for check in checks if check.ok for pointer in check.covers]


def _uncovered(value: Any, nodes: list[dict[str, Any]], at: str) -> Iterator[str]:
    """Pointers below `at`; `nodes` are the places in the patterns that have been reached on the way."""
    if any(ALL_BELOW in node for node in nodes) or value is None:
        return
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            # Few names have anything to escape, and a file has thousands.
            step = str(key).replace("~", "~0").replace("/", "~1") if isinstance(value, dict) else str(key)
            reached = [node[name] for node in nodes for name in (step, ANY) if name in node]
            if not all(reached):
                continue
            yield from _uncovered(item, reached, f"{at}/{step}")
    else:
        yield at
