"""Addresses, folders and known names taken out of a sentence, wherever they stand in it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable

ADDRESS, FOLDER, NAME = "[address]", "[path]", "[name]"
# What a name is at least: shorter ones are parts of too many words.
SHORTEST_NAME = 3
# Without any of these there is neither an address nor a folder.
SIGNS = re.compile(r"[/\\:@.~-]")
# The system's own files name nobody.
OF_THE_SYSTEM = ("/sys/", "/proc/")

URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>|]+")
# Not a clock that follows a processor's name: i7-9700@3.00GHz.
MAIL = re.compile(r"[\w.+-]+@(?:[A-Za-z][\w-]*(?:\.[\w-]+)*|(?:\d{1,3}\.){3}\d{1,3})")
# A person's folder may have spaces in its name: all that follows goes with it, up to a quotation mark.
HOME = re.compile(r"(?:[A-Za-z]:)?[\\/]+(?:home|users|documents and settings)[\\/][^\"']*|~[\w.-]*[\\/][^\"']*", re.I)
WINDOWS = re.compile(r"(?<!\w)[A-Za-z]:[\\/][^\"']*|\\\\[^\"']+")
POSIX = re.compile(r"(?<![\w/.])/(?:[\w.+@%-]+/)+[\w.+@%-]*")
MAC = re.compile(r"(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}[:-]){5,7}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])")
UUID = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)(?::\d{1,5})?")
COLONS = re.compile(r"(?<![\w:])[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%\w+)?(?![\w:])")
LOCAL = r"(?:local|lan|home|internal|localdomain|fritz\.box)"
LOCAL_HOST = re.compile(rf"(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.{LOCAL}(?![\w-])", re.IGNORECASE)

Scrub = Callable[[str], str]


def scrubbed(text: str) -> str:
    """`text` without addresses, hardware numbers and folders.

    >>> scrubbed("Shelly at 192.168.1.5 did not answer; see /home/ann/log.txt")
    'Shelly at [address] did not answer; see [path]'
    >>> scrubbed("GPU at 0000:01:00.0, driver 535.54.03")
    'GPU at 0000:01:00.0, driver 535.54.03'
    """
    if not SIGNS.search(text):
        return text
    for pattern, word in ((URL, ADDRESS), (MAIL, ADDRESS), (HOME, FOLDER), (WINDOWS, FOLDER), (MAC, ADDRESS)):
        text = pattern.sub(word, text)
    text = POSIX.sub(lambda found: found[0] if found[0].startswith(OF_THE_SYSTEM) else FOLDER, text)
    text = LOCAL_HOST.sub(ADDRESS, UUID.sub(ADDRESS, text))
    text = IPV4.sub(ADDRESS, text)
    return COLONS.sub(lambda found: ADDRESS if _is_address(found[0]) else found[0], text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def scrubber(names: Iterable[str]) -> Scrub:
    """The same for sentences that may hold one of these names, too."""
    known = sorted({name for name in names if len(name) >= SHORTEST_NAME}, key=len, reverse=True)
    if not known:
        return scrubbed
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)", re.IGNORECASE)
    return lambda text: scrubbed(pattern.sub(NAME, text))
