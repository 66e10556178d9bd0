"""One small question to a device on the local network, trusting nothing about the answer.

Explicit host, no redirects, no credentials, one deadline for everything from connecting to the last
byte (a socket's own timeout starts anew with each byte), and a cap on the bytes taken in.
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from ....kernels.errors import InputError
from ...result.printable import printable
from ..meter import MeterError

DEADLINE_S = 3.0
MOST_BYTES = 64 * 1024
HOST = re.compile(
    r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?(/(?P<channel>\d{1,2}))?/?", re.ASCII
)


class NotThere(MeterError):
    """The device answered that it has nothing of that name."""


@dataclass(frozen=True)
class Address:
    """A device on the network, and which of its channels is meant (None: not said)."""

    host: str
    port: int
    channel: int | None

    def __str__(self) -> str:
        """As the user writes it."""
        port = "" if self.port == 80 else f":{self.port}"
        channel = "" if self.channel is None else f"/{self.channel}"
        return f"{self.host}{port}{channel}"


def parse_address(scheme: str, text: str) -> Address:
    """`HOST`, `HOST:PORT`, each with `/CHANNEL` or without. Raises InputError."""
    match = HOST.fullmatch(text)
    if "@" in text:
        raise InputError(
            f"--meter {scheme}://… takes no user name or password; switch the plug's off, or use --meter 'exec:COMMAND'"
        )
    if match is None or len(text) > 253 or (match["port"] and not 0 < int(match["port"]) < 65536):
        raise InputError(f"--meter {scheme}://{text!r:.60} names no host; try --meter {scheme}://192.168.1.50")
    channel = match["channel"]
    return Address(match["host"], int(match["port"] or 80), None if channel is None else int(channel))


class DeadlineSocket(socket.socket):
    """A socket whose whole life has one deadline, and which takes in only so many bytes."""

    limit_s = 0.0
    left_bytes = 0

    def recv_into(self, buffer: Any, *rest: Any) -> int:
        """Receive what comes before the deadline. Raises TimeoutError, HTTPException at the cap."""
        self.hurry()
        received = super().recv_into(buffer, *rest)
        self.left_bytes -= received
        if self.left_bytes < 0:
            raise HTTPException("the answer is longer than any meter's")
        return received

    def hurry(self) -> None:
        """Let the next operation take no longer than the deadline allows. Raises TimeoutError."""
        left_s = self.limit_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self.settimeout(left_s)


def get(address: Address, path: str, deadline_s: float = DEADLINE_S, most_bytes: int = MOST_BYTES) -> bytes:
    """The body of a plain answer with status 200. Raises MeterError."""
    limit_s = time.monotonic() + deadline_s
    connection = HTTPConnection(address.host.strip("[]"), address.port)
    try:
        connection.sock = connect(address, limit_s, most_bytes)
        connection.request("GET", path, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        if response.status != 200:
            kind = NotThere if response.status == 404 else MeterError
            raise kind(f"{address} answered with status {response.status}{meaning(response.status)}")
        # So much and no more: without a number http.client makes room for whatever length the answer states.
        body = response.read(most_bytes + 1)
        if response.length:
            raise MeterError(
                f"{address} states an answer of {response.length + len(body):.3g} bytes and does not give it"
            )
        return body
    except TimeoutError:
        raise MeterError(f"{address} did not answer within {deadline_s:g} s") from None
    except (HTTPException, OverflowError, MemoryError) as error:
        words = printable(str(error), 80) or type(error).__name__
        raise MeterError(f"{address} does not answer properly ({words})") from None
    except (OSError, ValueError) as error:
        raise MeterError(f"{address} cannot be reached: {error}") from None
    finally:
        connection.close()


def connect(address: Address, limit_s: float, most_bytes: int) -> DeadlineSocket:
    """A connection to the first of the host's addresses that takes it. Raises OSError."""
    failure: OSError | None = None
    for family, kind, protocol, _, place in socket.getaddrinfo(
        address.host.strip("[]"), address.port, type=socket.SOCK_STREAM
    ):
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


def meaning(status: int) -> str:
    """What a status means for a meter."""
    if 300 <= status < 400:
        return " (a redirect, which is not followed): give the plug's own address"
    if status in (401, 403):
        return ": it wants a password, and hashwatt keeps none; switch the plug's authentication off while measuring"
    if status == 404:
        return ": it is not the kind of plug named, or an older generation"
    return ""
