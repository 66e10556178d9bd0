"""A whole site from result files: planned, then written, the index last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from ...bench.progress import NoProgress, Progress
from ...kernels.errors import InputError
from ..anonymous.gathered import Leaving, Names, without_paths
from ..collect.files import found_files
from ..collect.gather import Collection, collected, with_files
from ..collect.sources import read_sources
from .folder import Folder, Written
from .pages import assets, device_page, index_pages, result_page
from .plan import Plan, plan_of, raw_bytes

TITLE = "site"


class Site(Struct, frozen=True, kw_only=True):
    """What was made: the collection, the files, what was left out and what is still told.

    `unreadable`: a sentence for each file that is no result, with its name.
    """

    collection: Collection
    unreadable: tuple[str, ...]
    files: Written
    results: int
    devices: int
    names: Names


def build_site(
    paths: Iterable[str | Path], target: str | Path, *, anonymous: bool = False, progress: Progress | None = None
) -> Site:
    """Write the site of the results in `paths` into the folder `target`.

    `anonymous`: without notes and the names of hosts and workers (`reports/anonymous`). Files within the target are no
    inputs. Raises InputError where there is no result, or where the folder holds what is not a site's.
    """
    shown = progress or NoProgress()
    folder = Folder(target)
    found, unreadable = found_files(refuse_own(paths, folder))
    files = [path for path in found if not folder.holds(path)]
    if not files:
        raise InputError(f"all results lie in {folder.shown} itself; give those that the site is made from")
    leaving = Leaving()
    try:
        shown.stage(TITLE, f"checking {len(files):,} files", len(files))
        step = _step(shown)
        sources = list(read_sources(files, unreadable, leaving.change if anonymous else None, step))
        collection = collected(sources, unreadable)
        some = sum(bool(source.result.results) for source in sources)
        shown.stage(TITLE, f"laying out {some:,} results", some)
        plan = plan_of(sources, collection, anonymous, step)
        written = _write(plan, folder, shown)
    finally:
        shown.done()
    return Site(
        collection=without_paths(collection) if anonymous else with_files(collection, sources),
        unreadable=collection.unreadable,
        files=written,
        results=len(plan.results),
        devices=len(plan.models),
        names=leaving.names([published.source.result for published in plan.results]),
    )


def refuse_own(paths: Iterable[str | Path], folder: Folder) -> list[str | Path]:
    """The inputs. Raises InputError where one is named that lies in the site's own folder."""
    given = list(paths)
    for path in given:
        with suppress(OSError, ValueError):
            if folder.holds(path):
                raise InputError(f"{folder.shown} is the site's own folder; give results that lie elsewhere")
    return given


def _write(plan: Plan, folder: Folder, shown: Progress) -> Written:
    """Raw files, pages, and last the index; then what is no longer there goes."""
    index = dict(index_pages(plan))
    pages = dict(_pages(plan))
    digests = {published.raw: published.digest for published in plan.results}
    digests |= {name: sha256(content).hexdigest() for name, content in (pages | index).items()}
    folder.begin(digests)
    done = Written()
    shown.stage(TITLE, f"writing {len(digests):,} files", len(digests))
    step = _step(shown)
    for published in plan.results:
        folder.write(published.raw, raw_bytes(published.source, plan.anonymous), done)
        step()
    # The first page of the index is the door.
    for name, content in (*pages.items(), *reversed(index.items())):
        folder.write(name, content, done)
        step()
    folder.end(digests, done)
    return done


def _pages(plan: Plan) -> Iterator[tuple[str, bytes]]:
    yield from assets()
    for published in plan.results:
        yield published.page, result_page(plan, published)
    for model, name in plan.pages_of_models.items():
        yield name, device_page(plan, model)


def _step(shown: Progress) -> Callable[[], None]:
    return lambda: shown.advance(1, None)
