"""Lines: what is read, and what is refused for which reason."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.kernels.stratum.messages import NotStratum, answer, parse, request


def test_a_request_and_its_answer() -> None:
    message = parse(request("text id", "mining.submit", ["w", "1"]))
    assert (message.id, message.method, message.parameters) == ("text id", "mining.submit", ("w", "1"))
    reply = parse(answer("text id", True))
    assert (reply.id, reply.method, reply.result, reply.error) == ("text id", None, True, None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\x16\x03\x01\x02\x00", "TLS"),
        (b"GET / HTTP/1.1\r\n", "HTTP"),
        (b"hello\n", "not JSON"),
        (b'{"id": NaN, "method": "x"}', "not JSON"),
        (b'{"id": 1e999, "method": "x"}', "not JSON"),
        (b"[" * 10_000, "not JSON"),
        (b"[1]", "no JSON-RPC"),
        (b'{"params": [[[[[[[[[]]]]]]]]]}', "no JSON-RPC"),
        (b'{"id": {}, "method": "x"}', "id"),
        (b'{"id": 1, "method": 5}', "method"),
        (b'{"id": "' + b"x" * 500 + b'", "method": "x"}', "id"),
        (b"\xff\xfe", "not JSON"),
        (b"", "not JSON"),
    ],
)
def test_what_is_no_message_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    with pytest.raises(NotStratum, match=reason):
        parse(line)


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "method", "params"]), inner),
)


@given(st.one_of(st.binary(max_size=200), VALUES.map(lambda value: json.dumps(value).encode())))
def test_whatever_comes_is_a_message_or_refused(line: bytes) -> None:
    with contextlib.suppress(NotStratum):
        assert isinstance(parse(line).parameters, tuple)
