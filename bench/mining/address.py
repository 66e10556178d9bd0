"""A pool's address, and who works there. Passwords are read from a file or the environment, never shown or stored."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...kernels.errors import InputError
from ..host_names import can_be_host, with_port
from ..result.printable import checked_text

SCHEMES = {"stratum+tcp": False, "stratum+ssl": True, "stratum+tls": True}
DEFAULT_PORT = 3333
NODE_SCHEMES = {"http": False, "https": True}
# Bitcoin Core's, on the main network.
NODE_PORT = 8332
# USER or USER:PASSWORD, so that neither stands on a command line that others of this machine can see.
VARIABLE = "HASHWATT_POOL_LOGIN"
MOST_LOGIN_BYTES = 1024
# What pools expect that do not care.
ANY_PASSWORD = "x"


@dataclass(frozen=True)
class Login:
    """Who works. The password is in no representation."""

    user: str
    password: str = field(default=ANY_PASSWORD, repr=False)

    def hidden_in(self, text: str) -> str:
        """What the other side says, without the password: some repeat what they were sent."""
        return text if self.password in ("", ANY_PASSWORD) else text.replace(self.password, "…")


@dataclass(frozen=True)
class PoolAddress:
    """Where the pool is, and whether the connection is encrypted."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        return with_port(self.host, self.port)


@dataclass(frozen=True)
class NodeAddress:
    """Where a node's RPC is."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        return with_port(self.host, self.port)


def is_node(url: str) -> bool:
    """Whether a URL names a node (http, https) and no pool."""
    return url.partition("://")[0] in NODE_SCHEMES and "://" in url


def parse_node(url: str) -> tuple[NodeAddress, Login | None]:
    """The node that a URL names, and the login in it if there is one. Raises InputError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or not can_be_host(host) or parts.scheme not in NODE_SCHEMES or parts.path not in ("", "/"):
        shown = url.rpartition("@")[2]
        raise InputError(f"{shown!r:.60} is no node; give http://HOST:PORT")
    login = None
    if parts.username:
        login = Login(checked_text(unquote(parts.username), "user name"), unquote(parts.password or ""))
    return NodeAddress(host, NODE_PORT if port is None else port, NODE_SCHEMES[parts.scheme]), login


def parse_pool(url: str) -> tuple[PoolAddress, Login | None]:
    """The pool that a URL names, and the login in it if there is one. Raises InputError."""
    try:
        parts = urlsplit(url if "://" in url else f"stratum+tcp://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or not can_be_host(host) or parts.scheme not in SCHEMES:
        shown = url.rpartition("@")[2]
        raise InputError(f"{shown!r:.60} is no pool; give stratum+tcp://HOST:PORT (or stratum+ssl://)")
    login = None
    if parts.username:
        login = Login(checked_text(unquote(parts.username), "user name"), unquote(parts.password or ANY_PASSWORD))
    return PoolAddress(host, DEFAULT_PORT if port is None else port, SCHEMES[parts.scheme]), login


def read_login(user: str | None, login_file: str | None, in_url: Login | None) -> Login:
    """Who works: from the option, a file (USER:PASSWORD), the environment or the URL, in this order."""
    if login_file is not None:
        try:
            with Path(login_file).open("rb") as file:
                data = file.read(MOST_LOGIN_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"{login_file!r:.80} cannot be read ({error.strerror}); give a file with USER:PASSWORD"
            ) from None
        return _split(data, f"the file {login_file!r:.60}")
    if user is not None:
        return Login(checked_text(user, "user name"))
    variable = os.environ.get(VARIABLE)
    if variable:
        return _split(variable.encode(errors="replace"), VARIABLE)
    return in_url or Login("hashwatt")


def _split(data: bytes, where: str) -> Login:
    try:
        text = data.decode().strip() if len(data) <= MOST_LOGIN_BYTES else ""
    except UnicodeDecodeError:
        text = ""
    user, _, password = text.partition(":")
    if not user or "\n" in text:
        raise InputError(f"{where} holds no login; write USER:PASSWORD on one line, at most {MOST_LOGIN_BYTES} bytes")
    return Login(checked_text(user, "user name"), password or ANY_PASSWORD)
