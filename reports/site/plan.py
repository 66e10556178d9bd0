"""What a site consists of, worked out before anything is written: each page's rows, names and links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec import Struct

from ...bench.result.file import encode, read_bounded
from ...kernels.errors import InputError
from ..collect.gather import Collection, Entry, moment_of
from ..collect.sources import Source
from ..wording.visible import visible
from .names import RAW, RESULT, name_of_model, stem_of_result
from .standings import Model, Standing, model_of, standings_of

Step = Callable[[], None]


class Published(Struct, frozen=True, kw_only=True):
    """A result of the site: where it came from, its raw file's digest and size, and its measurements."""

    source: Source
    stem: str
    digest: str
    size: int
    entries: tuple[Entry, ...]

    @property
    def page(self) -> str:
        """Its page."""
        return f"{RESULT}/{self.stem}.html"

    @property
    def raw(self) -> str:
        """Its raw file."""
        return f"{RAW}/{self.stem}.json"


class Plan(Struct, frozen=True, kw_only=True):
    """All results, newest first; the models with their measurements.

    Each measurement's model and standing stand under its `id()`.
    """

    anonymous: bool
    results: tuple[Published, ...]
    models: dict[Model, tuple[tuple[Entry, Published], ...]]
    pages_of_models: dict[Model, str]
    model_of_entry: dict[int, Model]
    standings: dict[int, Standing]


def raw_bytes(source: Source, anonymous: bool) -> bytes:
    """The file to be published: byte for byte, or written anew without what was left out. Raises InputError."""
    if anonymous:
        # Never the bytes that were read: beside the result they may hold anything.
        return encode(source.result)
    data = read_bounded(source.path)
    if sha256(data).hexdigest() != source.sha256:
        raise InputError(f"{visible(str(source.path), 60)} changed while it was read; try again")
    return data


def plan_of(sources: Sequence[Source], collection: Collection, anonymous: bool, step: Step = lambda: None) -> Plan:
    """The plan of a site of these results. Raises InputError."""
    entries_of: dict[int, list[Entry]] = {}
    everything = (*(entry for group in collection.groups for entry in group.entries), *collection.apart)
    for entry in (*everything, *collection.unmeasured):
        entries_of.setdefault(id(entry.result), []).append(entry)
    results = []
    # Of a run without any measurement there is nothing to show.
    shown = [source for source in sources if source.result.results]
    if not shown:
        raise InputError("no result has a measurement, so there is nothing to make a site of; give others")
    for source in sorted(shown, key=lambda one: moment_of(one.result), reverse=True):
        data = raw_bytes(source, anonymous)
        digest = sha256(data).hexdigest()
        found = entries_of.get(id(source.result), [])
        places = {id(device): place for place, device in enumerate(source.result.results)}
        found.sort(key=lambda entry: places[id(entry.device)])
        results.append(
            Published(
                source=source,
                stem=stem_of_result(source.result.created, digest),
                digest=digest,
                size=len(data),
                entries=tuple(found),
            )
        )
        step()
    models: dict[Model, list[tuple[Entry, Published]]] = {}
    model_of_entry: dict[int, Model] = {}
    for published in results:
        for entry in published.entries:
            model = model_of_entry[id(entry)] = model_of(entry)
            models.setdefault(model, []).append((entry, published))
    return Plan(
        anonymous=anonymous,
        results=tuple(results),
        models={model: tuple(models[model]) for model in sorted(models)},
        pages_of_models={model: name_of_model(model) for model in models},
        model_of_entry=model_of_entry,
        standings=standings_of(entry for published in results for entry in published.entries),
    )
