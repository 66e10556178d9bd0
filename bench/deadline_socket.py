"""Sockets that nobody can hold for ever, whatever the other side does: one deadline for all, and a cap on the bytes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from http.client import HTTPException
from typing import Any


class TooLong(HTTPException):
    """More bytes came than anybody asked for."""


class _Limited(socket.socket):
    limit_s = 0.0
    left_bytes = 0

    def recv_into(self, buffer: Any, *rest: Any) -> int:
        """Receive what comes before the deadline. Raises TimeoutError, and TooLong at the cap."""
        self.hurry()
        received = super().recv_into(buffer, *rest)
        self.left_bytes -= received
        if self.left_bytes < 0:
            raise TooLong("the answer is too long")
        return received

    def hurry(self) -> None:
        """Let the next operation take no longer than the deadline allows. Raises TimeoutError."""
        left_s = self.limit_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self.settimeout(left_s)


class DeadlineSocket(_Limited):
    """A socket whose whole life has one deadline, and which takes in only so many bytes."""


class DeadlineTLSSocket(_Limited, ssl.SSLSocket):
    """The same under TLS; the bytes are counted as they come out of it."""


def connect(host: str, port: int, limit_s: float, most_bytes: int) -> DeadlineSocket:
    """A connection to the first of the host's addresses that takes it, until `limit_s` of the monotonic clock.

    Raises OSError (TimeoutError among them).
    """
    failure: OSError | None = None
    for family, kind, protocol, _, place in addresses(host, port, limit_s):
        sock = DeadlineSocket(family, kind, protocol)
        sock.limit_s = limit_s
        sock.left_bytes = most_bytes
        try:
            sock.hurry()
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
            continue
        return sock
    raise failure or OSError("the host has no address")


def addresses(host: str, port: int, limit_s: float) -> list[Any]:
    """What the system's resolver knows of a host; it has no deadline of its own, so a thread waits for it."""
    with suppress(OSError, UnicodeError):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(0.0, limit_s - time.monotonic()))
    if not answers:
        raise TimeoutError
    if isinstance(answers[0], UnicodeError):
        raise OSError("no host can have that name")
    if isinstance(answers[0], OSError):
        raise answers[0]
    return list(answers[0])


def with_tls(sock: DeadlineSocket, host: str) -> DeadlineTLSSocket:
    """The same connection under TLS, the host's certificate checked. Raises OSError."""
    context = ssl.create_default_context()
    context.sslsocket_class = DeadlineTLSSocket
    sock.hurry()
    # The handshake as a whole keeps to the time that is left.
    secured = context.wrap_socket(sock, server_hostname=host)
    assert isinstance(secured, DeadlineTLSSocket)
    secured.limit_s, secured.left_bytes = sock.limit_s, sock.left_bytes
    return secured
