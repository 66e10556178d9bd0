"""File formats of reports: one file a format, named like its suffix (`html.py` writes `.html`).

A new format is a new file here with a `render` function, and nothing else: it is found by its name.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol

from ...kernels.errors import InputError
from ..document.report import Report
from ..wording.visible import visible


class Format(Protocol):
    """What a module of this package offers."""

    def render(self, report: Report) -> bytes:
        """The whole file."""
        ...


def suffixes() -> list[str]:
    """The suffixes that there are formats for."""
    return sorted(f".{module.name}" for module in iter_modules(__path__))


def format_for(path: str | Path) -> Format:
    """The format that a file's name asks for. Raises InputError naming the known ones."""
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes():
        raise InputError(f"{visible(str(path), 200)} names no known format; end it with one of {', '.join(suffixes())}")
    module: Format = import_module(f".{suffix[1:]}", __name__)
    return module
