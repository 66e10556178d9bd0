"""Where the raw results lie as seen from a page: what is published together links to each other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote


def links_beside(page: str | Path, files: Sequence[str]) -> tuple[str, ...]:
    """For each file its address relative to `page`; "" for one that lies outside the page's folder.

    Such a link would break wherever the page is published, and tell the names of the writer's folders.
    """
    folder = Path(os.path.realpath(page)).parent
    return tuple(_link(folder, Path(os.path.realpath(file))) for file in files)


def _link(folder: Path, file: Path) -> str:
    if not file.is_relative_to(folder):
        return ""
    # A colon in the first part would be taken for a scheme.
    return "./" + quote(os.fsencode(file.relative_to(folder).as_posix()))
