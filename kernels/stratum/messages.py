"""One line of Stratum, which is JSON-RPC: read with bounds, and written.

Ids come as numbers, as text, or always the same; an answer takes the id as it came. A request is whatever has a method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

# The longest honest line is a job with a long coinbase; the longest that miners send has some 300 bytes.
MOST_LINE_BYTES = 16_384
# Nested deeper than any message is (a request's parameters, a job's branch).
MOST_DEPTH = 6

Id = int | str | float | None


class NotStratum(ValueError):
    """A line is no message; says in a few words why."""


@dataclass(frozen=True)
class Message:
    """A request (`method`) or an answer (`result`, `error`); `parameters` is empty where none came as a list."""

    id: Id
    method: str | None
    parameters: tuple[object, ...]
    result: object
    error: object


def parse(line: bytes) -> Message:
    """The message of one line. Raises NotStratum."""
    if line[:1] == b"\x16":
        raise NotStratum("it speaks TLS, which this port does not")
    if line[:4] in (b"GET ", b"POST", b"HEAD", b"PUT "):
        raise NotStratum("it speaks HTTP, not Stratum")
    try:
        # It refuses NaN and infinity, and numbers and depths that Python's own reader chokes on.
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise NotStratum("a line is not JSON") from None
    if not isinstance(document, dict) or _deeper(document, MOST_DEPTH):
        raise NotStratum("a line is no JSON-RPC message")
    method, identity, parameters = document.get("method"), document.get("id"), document.get("params")
    if not isinstance(method, str | None):
        raise NotStratum("a method is no text")
    if not isinstance(identity, int | str | float | None) or len(str(identity)) > 200:
        raise NotStratum("an id is neither number nor text")
    return Message(
        id=identity,
        method=method,
        parameters=tuple(parameters) if isinstance(parameters, list) else (),
        result=document.get("result"),
        error=document.get("error"),
    )


def request(identity: Id, method: str, parameters: Sequence[object]) -> bytes:
    """The line of a request, or with `identity` None of a notification."""
    return msgspec.json.encode({"id": identity, "method": method, "params": list(parameters)}) + b"\n"


def answer(identity: Id, result: object, error: object = None) -> bytes:
    """The line of an answer."""
    return msgspec.json.encode({"id": identity, "result": result, "error": error}) + b"\n"


def _deeper(value: dict[str, object] | list[object], levels: int) -> bool:
    if levels == 0:
        return True
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list) and _deeper(item, levels - 1):
            return True
    return False
