"""Object code of kernels, kept on disk for later processes: a file each, in a folder for each state of the generator.

What is kept is run, so it is read as ssh reads its keys: from a file of this user's or root's that nobody else may
write, in such a folder (`system.trust`). A file is a SHA-256 over what it is for and over the object code, and then
that code. So a file that is damaged, cut off, or moved there from elsewhere is as good as none; one that cannot be
written is not missed. Whoever could forge the digest could write the user's files anyway.
"""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ..system.own_files import NotOwn, cache_folder, read_own, remove_parts, write_atomically

LOG = logging.getLogger(__name__)
FOLDER = "kernels"
# As much of a hash as no two generators that anybody keeps will share, and short enough for Windows' paths.
FOLDER_DIGITS = 16
SUFFIX = ".object"
DIGEST_BYTES = sha256().digest_size
# The longest kernel's object takes 80 KB.
MOST_BYTES = 1 << 20
# Generators whose kernels stay: each version of hashwatt, of LLVM and of a CPU is one.
MOST_FOLDERS = 6
# What is half written after so long belongs to a process that was killed.
ABANDONED_S = 3600.0


def folder_of(generator: str) -> Path | None:
    """The folder for what a generator (`jit.generator_hash`) makes, made if it is not there; None as `cache_folder`."""
    return cache_folder(FOLDER, generator[:FOLDER_DIGITS])


def read(generator: str, symbol: str) -> bytes | None:
    """The object code of the function called `symbol` that this generator has made, None where none can be trusted."""
    folder = folder_of(generator)
    if folder is None:
        return None
    place = folder / (symbol + SUFFIX)
    try:
        content = read_own(place, MOST_BYTES)
    except NotOwn:
        LOG.info("%s is another user's or may be written by others, so its kernel is compiled anew", place)
        return None
    except (OSError, ValueError):
        return None
    code = content[DIGEST_BYTES:]
    is_whole = len(content) <= MOST_BYTES and content == _sealed(generator, symbol, code)
    return code if is_whole else None


def keep(generator: str, symbol: str, code: bytes) -> None:
    """Keep the object code of a function, whole or not at all; those of the oldest generators make room."""
    folder = folder_of(generator)
    content = _sealed(generator, symbol, code)
    if folder is None or len(content) > MOST_BYTES:
        return
    # A full disk costs compiling again the next time, not the run; after a loss of power the digest tells.
    with suppress(OSError):
        write_atomically(folder / (symbol + SUFFIX), content, sync=False)
        remove_parts(folder, ABANDONED_S)
        _make_room(folder)


def _sealed(generator: str, symbol: str, code: bytes) -> bytes:
    return sha256(f"{generator} {symbol} ".encode() + code).digest() + code


def _make_room(own: Path) -> None:
    others = [place for place in own.parent.iterdir() if place != own and place.is_dir() and not place.is_symlink()]
    others.sort(key=lambda place: place.stat().st_mtime, reverse=True)
    for place in others[MOST_FOLDERS - 1 :]:
        shutil.rmtree(place, ignore_errors=True)
