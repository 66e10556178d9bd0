"""The digest of a record: what a time-stamp is put over."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace

from ..result.model import Result


def record_bytes(result: Result) -> bytes:
    """The record without its stamps, in one form whoever writes it: the message of a time-stamp.

    JSON in ASCII, names sorted, no spaces, floats as Python writes them. Members that are null or empty are left out:
    so a field that a later version adds, unused, changes no digest. (No field may be both null and empty, so nothing
    that says something else has the same form.)
    """
    builtins = _without_the_empty(msgspec.to_builtins(replace(result, stamps=())))
    return json.dumps(builtins, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def record_digest(result: Result) -> str:
    """SHA-256 of that, in hex."""
    return sha256(record_bytes(result)).hexdigest()


def _without_the_empty(value: Any) -> Any:
    if isinstance(value, dict):
        fields = {name: _without_the_empty(each) for name, each in value.items()}
        return {name: each for name, each in fields.items() if each is not None and each != [] and each != {}}
    if isinstance(value, list | tuple):
        return [_without_the_empty(each) for each in value]
    return value
