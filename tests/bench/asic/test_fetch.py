"""Questions over real sockets: deadlines, byte caps, and answers that are nearly JSON."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from hashwatt.bench.asic.fetch import NoAnswer, ask_api, ask_http


@contextmanager
def host(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    talk(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def drip(connection: socket.socket) -> None:
    # Until whoever asked has left, which ends it with an OSError.
    while True:
        connection.sendall(b" ")
        time.sleep(0.05)


def flood(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"x" * 100_000)


@pytest.mark.parametrize(
    ("raw", "document"),
    [
        (b'{"a": [1]}\0', {"a": [1]}),
        (b'{"a": [1]}', {"a": [1]}),
        (b'{"STATS": [{"a": 1}{"b": 2}]}\0', {"STATS": [{"a": 1}, {"b": 2}]}),
        (b'{"a": 1,}\0', {"a": 1}),
        (b'{"a": "x\ny"}\0', {"a": "x y"}),
    ],
)
def test_an_api_reply_is_read_though_it_is_only_nearly_json(raw: bytes, document: object) -> None:
    with host(lambda connection: connection.sendall(raw)) as port:
        assert ask_api("127.0.0.1", port, "summary") == document


def silence(connection: socket.socket) -> None:
    """Until whoever asked has left."""
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("talk", [drip, silence])
def test_a_host_that_is_slow_is_left_at_the_deadline(talk: Callable[[socket.socket], None]) -> None:
    began = time.monotonic()
    with host(talk) as port, pytest.raises(NoAnswer, match="no whole answer"):
        ask_api("127.0.0.1", port, "summary", deadline_s=0.6)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("talk", "words"),
    [
        (flood, "more than 262144 bytes"),
        (lambda connection: None, "not JSON"),
        (lambda connection: connection.sendall(b'{"a": NaN}\0'), "not JSON"),
        (lambda connection: connection.sendall(b"[" * 100_000 + b"\0"), "not JSON"),
        (lambda connection: connection.sendall(b"<html>\0"), "not JSON"),
    ],
)
def test_a_host_that_gives_no_answer_is_told(talk: Callable[[socket.socket], None], words: str) -> None:
    with host(talk) as port, pytest.raises(NoAnswer, match=words):
        ask_api("127.0.0.1", port, "summary")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "refuses /x \\(401\\)"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n", "refuses /x \\(302\\)"),
        (b"SSH-2.0\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "not JSON"),
    ],
)
def test_a_page_that_is_none_is_told(raw: bytes, words: str) -> None:
    with host(lambda connection: connection.sendall(raw)) as port, pytest.raises(NoAnswer, match=words):
        ask_http("127.0.0.1", port, "/x")


def test_a_document_is_read() -> None:
    body = json.dumps({"hashRate": 1.5}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    with host(lambda connection: connection.sendall(head + body)) as port:
        assert ask_http("127.0.0.1", port, "/x") == {"hashRate": 1.5}


def test_nobody_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer, match="cannot be reached"):
        ask_api("127.0.0.1", port, "summary")
