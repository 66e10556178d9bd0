"""The folder of a site: what was written there is on a list, and nothing else is touched.

A file is written whole or not at all, the index after what it links to, and what an earlier site left behind is removed
last. Before the first change the list names what is about to be written, so that a run that was cut short is no riddle
to the next one. Nothing is written or removed through a link.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec

from ...bench.result.file import MAX_FILE_BYTES
from ...kernels.errors import InputError
from ...kernels.system.own_files import read_regular, remove_parts, write_atomically
from ..wording.visible import visible
from .names import FOLDERS, INDEX, OURS

# Not called .json: a folder of results may be a site.
MANIFEST = "hashwatt-site.manifest"
# What people keep beside a site for whoever serves it.
ALLOWED = ("CNAME", "README.md", "LICENSE")
MOST_MANIFEST_BYTES = 16 << 20
MOST_NAME = 60


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What is ours in a folder: for each name the digests (SHA-256) of what we wrote, or were about to write."""

    hashwatt_site: int
    files: dict[str, tuple[str, ...]]


@dataclass
class Written:
    """What became of the files; `left` are those of an earlier site that somebody has changed since."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


class Folder:
    """One site's folder. Raises InputError where it holds what a site would have to write over."""

    def __init__(self, path: str | Path) -> None:
        """Look at what is there; nothing is changed or made."""
        self.shown = visible(str(path), MOST_NAME)
        self._ours: dict[str, tuple[str, ...]] = {}
        try:
            # The folder itself may be a link: that is its owner's wish. What lies in it may not.
            self.path = Path(os.path.realpath(path))
            self._look()
        except (OSError, ValueError) as error:
            # A name too long or with a NUL, a circle of links, a folder that is another user's.
            reason = visible(getattr(error, "strerror", None) or str(error), 40)
            raise InputError(f"{self.shown} cannot be looked into ({reason}); give another folder") from None

    def _look(self) -> None:
        try:
            is_folder = stat.S_ISDIR(os.stat(self.path).st_mode)
        except FileNotFoundError:
            return
        if not is_folder:
            raise InputError(f"{self.shown} is a file; give a folder for the site")
        self._ours = self._manifest()
        if not self._ours:
            self._refuse_foreign()
        for name in FOLDERS:
            place = self.path / name
            if os.path.lexists(place) and not stat.S_ISDIR(os.lstat(place).st_mode):
                raise InputError(f"{self.shown}: {name} is no folder of its own; move it away")

    def holds(self, path: str | Path) -> bool:
        """Whether a file lies in the folder, by whatever way it is named."""
        return Path(os.path.realpath(path)).is_relative_to(self.path)

    def check(self, names: Iterable[str]) -> None:
        """Raise InputError where a file of one of these names is not ours, or was changed by somebody since."""
        for name in names:
            place = self.path / name
            if not os.path.lexists(place):
                continue
            if name not in self._ours:
                raise InputError(f"{self.shown}: {name} was not written by hashwatt; move it away")
            if self._digest(name) not in self._ours[name]:
                raise InputError(f"{self.shown}: {name} was changed since hashwatt wrote it; move it away")

    def begin(self, digests: Mapping[str, str]) -> None:
        """Make the folders, and list what will be written. Raises InputError."""
        self.check(digests)
        both = {name: tuple(dict.fromkeys((*self._ours.get(name, ()), digest))) for name, digest in digests.items()}
        self._ours = {**self._ours, **both}
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # Before all else, so that what a run that is cut short leaves behind is known to be ours.
            self._list(self._ours)
            for name in FOLDERS:
                (self.path / name).mkdir(exist_ok=True)
        except OSError as error:
            raise self._failed(self.path.name, error) from None

    def write(self, name: str, content: bytes, done: Written) -> None:
        """Write one of the listed files, unless it is there already. Raises InputError."""
        digest = sha256(content).hexdigest()
        assert digest in self._ours[name], name
        if self._digest(name) == digest:
            done.unchanged.append(name)
            return
        self._put(name, content)
        done.written.append(name)

    def end(self, digests: Mapping[str, str], done: Written) -> None:
        """Remove what an earlier site had and this one has not, and list what is there now. Raises InputError."""
        for name in sorted(self._ours.keys() - digests.keys()):
            if not os.path.lexists(self.path / name):
                continue
            # What somebody has changed since is theirs now.
            done.left.append(name)
            if self._digest(name) in self._ours[name]:
                with suppress(OSError):
                    (self.path / name).unlink()
                    done.removed.append(done.left.pop())
        # A run that was killed may have left halves of files, with names that this one leaves out.
        for place in (self.path, *(self.path / name for name in FOLDERS)):
            if not place.is_symlink():
                remove_parts(place)
        self._ours = {name: (digest,) for name, digest in digests.items()}
        self._list(self._ours)

    def _manifest(self) -> dict[str, tuple[str, ...]]:
        place = self.path / MANIFEST
        if not os.path.lexists(place):
            return {}
        try:
            if not stat.S_ISREG(os.lstat(place).st_mode):
                raise ValueError
            told = msgspec.json.decode(read_regular(place, MOST_MANIFEST_BYTES), type=Manifest)
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
            raise InputError(f"{self.shown}: {MANIFEST} is no list of a site's files; give a new folder") from None
        if told.hashwatt_site != 1:
            raise InputError(f"{self.shown} was written by a newer hashwatt; upgrade hashwatt, or give a new folder")
        # A list from elsewhere must not name what is not a site's.
        return {name: digests for name, digests in told.files.items() if OURS.fullmatch(name)}

    def _refuse_foreign(self) -> None:
        foreign = sorted(
            name for name in os.listdir(self.path) if not name.startswith(".") and name not in (*ALLOWED, MANIFEST)
        )
        if foreign:
            name = visible(foreign[0], 30)
            raise InputError(f"{self.shown} holds files that are no site of hashwatt ({name}); give an empty folder")

    def _digest(self, name: str) -> str | None:
        """The digest of a file that lies there itself, not by a link; None where there is none."""
        place = self.path / name
        try:
            if not stat.S_ISREG(os.lstat(place).st_mode) or place.parent.is_symlink():
                return None
            return sha256(read_regular(place, MAX_FILE_BYTES)).hexdigest()
        except OSError:
            return None

    def _list(self, files: Mapping[str, tuple[str, ...]]) -> None:
        told = Manifest(hashwatt_site=1, files=dict(sorted(files.items())))
        self._put(MANIFEST, msgspec.json.format(msgspec.json.encode(told), indent=0) + b"\n")

    def _put(self, name: str, content: bytes) -> None:
        place = self.path / name
        try:
            if place.parent.is_symlink():
                raise InputError(f"{self.shown}: the folder of {name} became a link; give a new folder")
            # Thousands of files need not each be on the disk before the next is written: the list says what is ours.
            write_atomically(place, content, sync=name in (MANIFEST, INDEX))
        except OSError as error:
            raise self._failed(name, error) from None

    def _failed(self, name: str, error: OSError) -> InputError:
        reason = visible(str(error.strerror), 40)
        return InputError(f"{self.shown}: {visible(name, 30)} cannot be written ({reason}); give another folder")
