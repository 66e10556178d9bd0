"""Addresses, folders and known names taken out of a sentence, wherever they stand in it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable

ADDRESS, FOLDER, NAME = "[address]", "[path]", "[name]"
# What a name is at least: shorter ones are parts of too many words.
SHORTEST_NAME = 3
# Names of several words are searched for one by one; of more their words alone are known.
MOST_LONG_NAMES = 200
WORD = re.compile(r"[\w.-]+")
SEPARATORS = re.compile(r"([.-])")
# Odd, so that a name ends with a word.
MOST_PARTS = 15
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
    """The same for sentences that may hold one of these names, too, as whole words.

    A fleet has thousands of names: words are looked up, and only the few names of several words are searched for.
    """
    known = {name.lower() for name in names if len(name) >= SHORTEST_NAME}
    if not known:
        return scrubbed
    long = sorted((name for name in known if not WORD.fullmatch(name)), key=len, reverse=True)[:MOST_LONG_NAMES]
    searched = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, long))})(?!\w)", re.IGNORECASE) if long else None

    def look_up(found: re.Match[str]) -> str:
        # Words at even places, what parts them between: a host stands before its domain, or before a number.
        parts, left, at = SEPARATORS.split(found[0]), [], 0
        while at < len(parts):
            ends = range(min(at + MOST_PARTS, len(parts)), at, -2)
            end = next((end for end in ends if "".join(parts[at:end]).lower() in known), None)
            left += parts[at : at + 2] if end is None else [NAME, *parts[end : end + 1]]
            at = at + 2 if end is None else end + 1
        return "".join(left)

    def scrub(text: str) -> str:
        text = searched.sub(NAME, text) if searched is not None else text
        return scrubbed(WORD.sub(look_up, text))

    return scrub
