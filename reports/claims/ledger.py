"""The ledger of the white paper's claims: each with its evidence, the evidence's origin and a computed verdict."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from ..collect.gather import NOTHING, Collection
from ..ladder.progression import Progression
from . import checks as claim_checks
from . import convolution, paper_arithmetic
from .finding import Finding


class Claim(Struct, frozen=True, kw_only=True):
    """A claim of the white paper in our words, where it stands, and what we find."""

    id: str
    place: str
    text: str
    finding: Finding


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[str, Meta(pattern="^[a-z-]+$")]
    place: Annotated[str, Meta(min_length=1)]
    text: Annotated[str, Meta(min_length=1)]
    check: str


class _Paper(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    date: date


class _Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    paper: _Paper
    claim: tuple[_Entry, ...]


Check = Callable[[Progression, date], Finding]


def ledger(ladder: Progression, collection: Collection = NOTHING) -> tuple[Claim, ...]:
    """Every claim with its finding from our data, the measured points on `ladder`, and what else was measured."""
    written = _ledger()
    return tuple(
        Claim(
            id=entry.id,
            place=entry.place,
            text=entry.text,
            finding=_finding(entry.check, ladder, collection, written.paper.date),
        )
        for entry in written.claim
    )


def paper_title() -> str:
    """What the claims are taken from."""
    return _ledger().paper.title


def _finding(name: str, ladder: Progression, collection: Collection, paper: date) -> Finding:
    if name == convolution.the_ai_chip_convolves.__name__:
        return convolution.the_ai_chip_convolves(collection)
    return _check(name)(ladder, paper)


def _check(name: str) -> Check:
    module = claim_checks if hasattr(claim_checks, name) else paper_arithmetic
    check: Check = getattr(module, name)
    return check


@cache
def _ledger() -> _Ledger:
    text = (files("hashwatt.reports") / "data" / "claims.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Ledger)
