"""Tokens that no authority made: what they say is what a test wants of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from hashwatt.bench.anchors.token import Token

NOON = datetime(2026, 5, 12, 12, 0, 0, 250_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def token_of(data: bytes = b"answer", **changes: Any) -> Token:
    given = {"response": data, "digest": bytes(32), "time": NOON, "accuracy": SECOND, "nonce": 7, "signer": "CN=it"}
    return Token(**cast(Any, given | changes))
