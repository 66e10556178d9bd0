"""One question to a miner's firmware, answered or refused within a deadline and a number of bytes.

The deadline is for the whole answer: a peer that sends a byte a second is a peer that does not answer.
"""

from __future__ import annotations

import json
import re
import socket
import time

import msgspec

from ...kernels.errors import HashwattError
from ..host_names import with_port

MOST_BYTES = 1 << 18
DEADLINE_S = 4.0
API_PORT = 4028
HTTP_PORT = 80


class NoAnswer(HashwattError):
    """A host did not answer, or not with what it should; one sentence."""


def ask_api(host: str, port: int, command: str, deadline_s: float = DEADLINE_S) -> object:
    """The reply of a cgminer-like API to a command without parameters. Raises NoAnswer."""
    data = _exchange(host, port, json.dumps({"command": command}).encode(), deadline_s, until=b"\0")
    text = data.decode("utf-8", "replace").rstrip("\0\r\n ")
    # Old firmwares leave out the comma between two objects, put one too many, and break lines within texts.
    text = re.sub(r"[\x00-\x1f]", " ", text).replace("}{", "},{")
    return _json(re.sub(r",\s*([}\]])", r"\1", text), with_port(host, port))


def ask_http(host: str, port: int, path: str, deadline_s: float = DEADLINE_S) -> object:
    """The JSON document at a path. Raises NoAnswer, also where a login is wanted."""
    where, name = with_port(host, port), with_port(host, None)
    request = f"GET {path} HTTP/1.0\r\nHost: {name}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    data = _exchange(host, port, request.encode("ascii"), deadline_s)
    head, _, body = data.partition(b"\r\n\r\n")
    status = head.split(b"\r\n")[0].split(b" ")
    if len(status) < 2 or not status[0].startswith(b"HTTP/") or status[1] != b"200":
        code = status[1][:3].decode("ascii", "replace") if len(status) > 1 else "no HTTP"
        raise NoAnswer(f"{where} refuses {path} ({code}); is it a miner, and open for reading?")
    return _json(body.decode("utf-8", "replace"), where)


def _exchange(host: str, port: int, request: bytes, deadline_s: float, until: bytes = b"") -> bytes:
    where, end = with_port(host, port), time.monotonic() + deadline_s
    data = b""
    try:
        with socket.create_connection((host, port), deadline_s) as connection:
            connection.sendall(request)
            while not (until and data.endswith(until)):
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                connection.settimeout(left)
                part = connection.recv(65_536)
                if not part:
                    break
                data += part
                if len(data) > MOST_BYTES:
                    raise NoAnswer(f"{where} answers with more than {MOST_BYTES} bytes; is it a miner?")
    except TimeoutError:
        raise NoAnswer(f"{where} gave no whole answer within {deadline_s:g} s; is the miner on?") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise NoAnswer(f"{where} cannot be reached ({why:.50}); check host and port, and that its API is on") from None
    return data


def _json(text: str, where: str) -> object:
    try:
        # It refuses NaN and infinity, and numbers and depths that Python's own reader chokes on.
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise NoAnswer(f"{where} answers with what is not JSON; is it a miner?") from None
