"""One question to a server that need not be well-behaved: explicit address, no redirects, one deadline, a byte cap."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

from ...kernels.errors import HashwattError, InputError
from ..deadline_socket import TooLong, connect, with_tls
from ..result.printable import printable

DEADLINE_S = 20.0
MOST_BYTES = 256 << 10
PORTS = {"http": 80, "https": 443}


class NoAnswer(HashwattError):
    """A server gave no answer that can be used."""


def is_address(text: str) -> bool:
    """Whether it is written as an address on the network rather than as a file's name."""
    return text.lower().startswith(("http://", "https://"))


def checked_address(text: str) -> SplitResult:
    """The parts of an address. Raises InputError."""
    shown = printable(text, 60)
    if len(text) > 1000 or not text.isascii() or printable(text) != text or " " in text:
        raise InputError(f"{shown} is no address; write it as https://host/path")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise InputError(f"{shown} is no address; write it as https://host/path") from None
    if parts.scheme.lower() not in PORTS or not parts.hostname or port == 0:
        raise InputError(f"{shown} is no address; write it as https://host/path")
    if parts.username is not None or parts.password is not None:
        raise InputError("an address with a user name or password is not taken; use one that needs none")
    return parts


def fetch(
    address: str,
    *,
    accept: str,
    question: bytes | None = None,
    content_type: str = "",
    answer_type: str = "",
    deadline_s: float = DEADLINE_S,
    most_bytes: int = MOST_BYTES,
) -> bytes:
    """The body of a plain answer with status 200, and of type `answer_type` where one is named.

    `question` is sent with POST, as `content_type`. Raises InputError, NoAnswer.
    """
    parts = checked_address(address)
    host = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme.lower()]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = printable(parts.netloc, 40)
    limit_s = time.monotonic() + deadline_s
    connection = HTTPConnection(host, port)
    headers = {"Accept": accept, "Connection": "close", "User-Agent": "hashwatt"}
    if question is not None:
        headers["Content-Type"] = content_type
    try:
        sock = connect(host, port, limit_s, most_bytes)
        try:
            connection.sock = with_tls(sock, host) if parts.scheme.lower() == "https" else sock
        except BaseException:
            sock.close()
            raise
        connection.request("GET" if question is None else "POST", path, question, headers)
        with connection.getresponse() as response:
            return _body(response, shown, answer_type, most_bytes)
    except TimeoutError:
        raise NoAnswer(f"{shown} gave no answer within {deadline_s:g} s; try again, or another server") from None
    except TooLong:
        raise NoAnswer(f"{shown} sends more than {most_bytes >> 10} kB; is the address right?") from None
    except (HTTPException, OverflowError, MemoryError) as error:
        words = printable(str(error), 40) or type(error).__name__
        raise NoAnswer(f"{shown} does not answer as a web server does ({words})") from None
    except (OSError, ValueError) as error:
        words = printable(getattr(error, "strerror", None) or str(error), 50)
        raise NoAnswer(f"{shown} cannot be reached ({words}); is the address right?") from None
    finally:
        connection.close()


def _body(response: HTTPResponse, shown: str, answer_type: str, most_bytes: int) -> bytes:
    if 300 <= response.status < 400:
        raise NoAnswer(f"{shown} sends elsewhere (status {response.status}), which is not followed; name that place")
    if response.status != 200:
        raise NoAnswer(f"{shown} answers with status {response.status}; is the address right?")
    given = response.headers.get_content_type()
    if answer_type and given != answer_type:
        raise NoAnswer(f"{shown} answers with {printable(given, 30)}, not {answer_type}")
    if response.length is not None and response.length > most_bytes:
        raise NoAnswer(f"{shown} states an answer of over {most_bytes >> 10} kB; is the address right?")
    # So much and no more: without a number http.client makes room for whatever length the answer states.
    body = response.read(most_bytes)
    if response.length:
        raise NoAnswer(f"{shown} states a longer answer than it gives; try again")
    return body
