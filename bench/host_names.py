"""Which names a host can have at all: the resolver raises errors of its own kind for the others."""

from __future__ import annotations


def can_be_host(name: str) -> bool:
    """Whether a resolver can be asked for `name`: no part of it is empty or longer than 63 bytes (RFC 1035).

    >>> can_be_host("pool.example"), can_be_host("a..b"), can_be_host(64 * "a")
    (True, False, False)
    """
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return bool(name) and "\0" not in name


def with_port(host: str, port: int | None) -> str:
    """A host and its port as one text, which an address of IPv6 in brackets can be told apart in.

    >>> with_port("pool.example", 3333), with_port("::1", 3333), with_port("::1", None)
    ('pool.example:3333', '[::1]:3333', '[::1]')
    """
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"
