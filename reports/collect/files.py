"""Which files are meant where folders are given: the `.json` files in them and in the folders within."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from glob import glob
from pathlib import Path

from ...kernels.errors import InputError
from ..wording.visible import visible

SUFFIX = ".json"
# Nobody has so many results in one place; somebody may have given the root of a disk.
MOST_FILES = 10_000
MOST_FOLDERS = 20_000


def expanded(paths: Iterable[str | Path]) -> list[Path]:
    """The files that are meant, sorted within a folder.

    Raises InputError for a folder that holds none, and for an empty name, which would stand for the folder here.
    """
    return found_files(paths)[0]


def found_files(paths: Iterable[str | Path]) -> tuple[list[Path], list[str]]:
    """The same, and a sentence for each folder within that cannot be looked into."""
    paths = list(paths)
    # As a variable of a script is that was never set.
    if any(isinstance(given, str) and not given.strip() for given in paths):
        raise InputError("the name of a result file is empty; give a file's or a folder's")
    files: list[Path] = []
    sentences: list[str] = []
    for path in (each for given in paths for each in matching(Path(given))):
        # Unlike Path.is_dir, it says no of a name that is too long for this system.
        if not os.path.isdir(path):
            files.append(path)
            continue
        told = len(sentences)
        found = sorted(in_folder(path, sentences))
        if not found:
            raise InputError(
                sentences[told]
                if len(sentences) > told
                else f"{visible(str(path), 200)} holds no .json file; give a folder with result files"
            )
        files.extend(found)
    return files, sentences


def matching(path: Path) -> list[Path]:
    """What a pattern stands for, sorted; the path itself where it is there, is no pattern, or nothing matches.

    The shells of Windows leave patterns (`hashwatt-*.json`) to the program, as others do with quoted ones.
    """
    text = str(path)
    if not any(sign in text for sign in "*?[") or os.path.lexists(path):
        return [path]
    return [Path(found) for found in sorted(glob(text))] or [path]


def in_folder(top: Path, sentences: list[str]) -> Iterator[Path]:
    """The files within, whatever case their ending has.

    Links to folders are not followed: they may lead in a circle, or to the root of a disk. Hidden folders are left
    alone: they are other programs'. Raises InputError where there are too many to be meant.
    """
    left, folders, files = [top], 0, 0
    while left:
        folder = left.pop()
        folders += 1
        if folders > MOST_FOLDERS:
            raise InputError(f"{visible(str(top), 60)} holds over {MOST_FOLDERS:,} folders; give the one with results")
        try:
            with os.scandir(folder) as entries:
                here = sorted((Path(entry.path), entry.is_dir(follow_symlinks=False)) for entry in entries)
        except OSError as error:
            sentences.append(f"{visible(str(folder), 200)} cannot be looked into ({error.strerror}); make it readable")
            continue
        left.extend(reversed([path for path, is_one in here if is_one and not path.name.startswith(".")]))
        for path, is_one in here:
            if path.suffix.lower() != SUFFIX or (is_one and holds_more(path)):
                continue
            files += 1
            if files > MOST_FILES:
                raise InputError(
                    f"{visible(str(top), 60)} holds over {MOST_FILES:,} .json files; give the results' own"
                )
            yield path


def holds_more(folder: Path) -> bool:
    """Whether a folder that is called like a file has anything in it; an empty one is named as what it is."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return True
