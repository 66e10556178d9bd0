"""What a report is made for: for oneself, or for everybody, as files or as a whole site."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..kernels.errors import InputError
from ..reports.wording.visible import visible
from .live.progress import progress_for
from .output import Output, as_unicode

if TYPE_CHECKING:
    from ..reports.anonymous.gathered import Names
    from ..reports.collect.gather import Collection
    from ..reports.site.build import Site


# More files that were left in a site's folder are not named.
MOST_LEFT = 5


@dataclass(frozen=True)
class Found:
    """What a report is on. `names`: what was left out and is still told; None where nothing was to be left out."""

    collection: Collection
    unreadable: tuple[str, ...]
    names: Names | None
    target: str | None
    site: Site | None


def is_site(path: str) -> bool:
    """Whether an output is a site: a folder, or a name that ends like one."""
    return path.endswith(("/", os.sep)) or os.path.isdir(path)


def site_among(paths: Sequence[str]) -> str | None:
    """The output that is a site; None where none is. Raises InputError where several are, or one names no format."""
    from ..reports.formats import suffixes

    sites = [path for path in paths if is_site(path)]
    for path in paths:
        if path not in sites and path.strip() and not os.path.splitext(path)[1]:
            name, known = visible(path, 40), ", ".join(suffixes())
            raise InputError(f"{name} names no format: end it with / for a site, or with {known}")
    if len(sites) > 1:
        raise InputError("a report makes one site; give one folder with -o")
    return sites[0] if sites else None


def gathered(files: Sequence[str], target: str | None) -> Found:
    """The results as they are, and their site where one is asked for. Raises InputError."""
    if target is not None:
        return _with_site(files, target, anonymous=False)
    from ..reports.collect.gather import gather

    collection = gather(files)
    return Found(collection, collection.unreadable, None, None, None)


def published(files: Sequence[str], target: str | None) -> Found:
    """The same without names. Raises InputError."""
    if target is not None:
        return _with_site(files, target, anonymous=True)
    from ..reports.anonymous.gathered import gather_without_names

    collection, names, unreadable = gather_without_names(files)
    return Found(collection, unreadable, names, None, None)


def _with_site(files: Sequence[str], target: str, *, anonymous: bool) -> Found:
    from ..reports.site.build import build_site

    site = build_site(files, target, anonymous=anonymous, progress=progress_for(False))
    return Found(site.collection, site.unreadable, site.names if anonymous else None, target, site)


def say_site(output: Output, found: Found) -> None:
    """Say what was written as a site, what was left out, and what is still told; nothing where neither was asked."""
    site, names = found.site, found.names
    if site is not None:
        files = site.files
        output.line(
            f"Site: {number(site.results, 'result')}, {number(site.devices, 'device model')}; "
            f"{number(len(files.written), 'file')} written, "
            f"{len(files.unchanged):,} unchanged, {len(files.removed):,} removed"
        )
        for name in files.left[:MOST_LEFT]:
            output.warn(f"! left there: {name}, of an earlier site, was changed since or cannot be removed")
        output.line(f"Open: {os.path.join(found.target or '', 'index.html')}")
        if names is None:
            output.line("Notes and names are in it as they were given; --anonymous leaves them out.")
    if names is None:
        return
    output.line("Left out:")
    for what, count in names.left_out.items():
        output.line(f"  {what} ({number(count, 'place')})")
    if not names.left_out:
        output.line("  nothing: the results have no notes, names or addresses")
    output.line("Still told:")
    for told in names.told:
        output.line(f"  {told.sentence}")


def number(count: int, noun: str) -> str:
    """So many of them."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def site_fields(found: Found) -> dict[str, Any] | None:
    """The site for the JSON document."""
    site = found.site
    if site is None:
        return None
    target = found.target or ""
    folder = os.path.basename(target.rstrip("/" + os.sep)) if found.names is not None else target
    return {
        "folder": as_unicode(folder),
        "results": site.results,
        "device_models": site.devices,
        "written": len(site.files.written),
        "unchanged": len(site.files.unchanged),
        "removed": len(site.files.removed),
    }


def name_fields(found: Found) -> dict[str, Any] | None:
    """What was left out and is still told, for the JSON document."""
    if found.names is None:
        return None
    return {
        "left_out": [{"what": what, "places": count} for what, count in found.names.left_out.items()],
        "still_told": [
            {"what": told.what, "values": told.values, "example": told.example} for told in found.names.told
        ],
    }
