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
