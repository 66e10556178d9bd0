"""The last line of defence: a result without what does not fit its model, so that a run never ends without its file.

Whatever comes from a device, a meter or a system is cleaned where it comes in. Should anything get past
that, it is left out here, field by field, by the model's own types and bounds: unknown (None) where the
model allows it, cut where it is a text or a list that is too long, else with the record that holds it.
A figure is never changed into another one. What was left out is named in a warning of the result.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from functools import cache
from numbers import Integral, Real
from typing import Any

from msgspec import inspect
from msgspec.structs import replace

from ..kernels.bounded import MOST_WARNINGS, Text
from .result.measurement import Measurement
from .result.model import Alternated, AlternatedPair, Result, Together
from .result.printable import printable
from .warnings import sentences

MOST_NAMED = 8
UNKNOWN = "unknown"


class Unfit(Exception):
    """A value that no change makes fit; the record that holds it cannot stand either, unless it may do without."""


def fitted(result: Result) -> Result:
    """`result` itself where it fits the model, else without what does not, and with a warning that names it."""
    left_out: list[str] = []
    try:
        fit: Result = _fit(result, _model(), "", left_out)
    except Unfit as unfit:
        # Only what this program itself writes is outside any list or optional record.
        raise AssertionError(f"the result itself does not fit: {unfit}") from None
    if not left_out:
        return fit
    claims_before = {_place(entry): _claims(entry) for entry in result.results}
    results = tuple(_without_half_a_claim(entry, claims_before.get(_place(entry))) for entry in fit.results)
    together = fit.together
    alone_is_changed = len(results) != len(result.results) or any(map(operator.is_not, results, fit.results))
    if together is not None and (alone_is_changed or _is_changed(result, together)):
        left_out.append("together")
        together = None
    alternated = fit.alternated if len(results) == len(result.results) else _still_paired(result, fit)
    more = f" and {len(left_out) - MOST_NAMED} more" if len(left_out) > MOST_NAMED else ""
    warning = sentences.left_out(
        f"left out or shortened, because it does not fit a result: {', '.join(left_out[:MOST_NAMED])}{more}; some "
        "sensor, driver or system told what cannot be: update it"
    )
    warnings = (*fit.warnings[: MOST_WARNINGS - 1], warning)
    return replace(fit, results=results, together=together, alternated=alternated, warnings=warnings)


def _still_paired(before: Result, fit: Result) -> Alternated | None:
    """The pairs of which both records are left, by their new places."""
    if fit.alternated is None:
        return None
    places = {_place(entry): place for place, entry in enumerate(fit.results)}
    pairs = [[places.get(_place(before.results[one])) for one in (pair.a, pair.b)] for pair in fit.alternated.pairs]
    kept = tuple(AlternatedPair(a=a, b=b) for a, b in pairs if a is not None and b is not None)
    return replace(fit.alternated, pairs=kept)


@cache
def _model() -> inspect.Type:
    return inspect.type_info(Result)


def _place(entry: Measurement) -> tuple[object, ...]:
    return entry.machine, entry.device.id, entry.workload, str(entry.parameters), entry.setting


def _claims(entry: Measurement) -> tuple[object, ...]:
    """What a measurement's evidence is checked against."""
    # Loads decide which rounds count, and how far the interval reaches.
    samples = [
        (one.amount, one.seconds, one.cpu_s, one.other_load, one.stolen_load)
        for taken in entry.rounds
        for one in taken.samples
    ]
    rounds = [(len(taken.samples), taken.counted, taken.throttled_s) for taken in entry.rounds]
    return samples, rounds, entry.amount, entry.seconds, entry.rate, entry.rate_per_cpu_s, entry.evidence


def _without_half_a_claim(entry: Measurement, before: tuple[object, ...] | None) -> Measurement:
    """A device whose claim lost a part claims nothing any more: the rest would not verify."""
    if before is None or _claims(entry) == before:
        return entry
    return replace(
        entry,
        status="failed",
        reason="what was measured does not fit a result (a figure beyond all bounds), so none is given; report it",
        rate=None,
        rate_per_cpu_s=None,
        rounds=(),
        amount=0,
        seconds=0.0,
        roof=None,
        evidence=None,
    )


def _is_changed(result: Result, together: Together) -> bool:
    before = result.together
    return before is None or (before.rates, before.sum_rate, [_claims(entry) for entry in before.results]) != (
        together.rates,
        together.sum_rate,
        [_claims(entry) for entry in together.results],
    )


def _fit(value: Any, kind: inspect.Type, path: str, left_out: list[str]) -> Any:
    """`value` as the type allows it; what had to go is added to `left_out`. Raises Unfit."""
    if isinstance(kind, inspect.Metadata):
        return _fit(value, kind.type, path, left_out)
    if isinstance(kind, inspect.UnionType):
        return _fit_union(value, kind, path, left_out)
    if isinstance(kind, inspect.StructType):
        return _fit_struct(value, kind, path, left_out)
    if isinstance(kind, inspect.VarTupleType):
        return _fit_items(value, kind, path, left_out)
    if isinstance(kind, inspect.DictType):
        return _fit_settings(value, kind, path, left_out)
    if isinstance(kind, inspect.StrType):
        return _fit_text(value, kind, path, left_out)
    if isinstance(kind, inspect.IntType):
        return _fit_integer(value, kind, path)
    if isinstance(kind, inspect.FloatType):
        return _fit_figure(value, kind, path)
    if isinstance(kind, inspect.BoolType) and isinstance(value, bool):
        return value
    if isinstance(kind, inspect.LiteralType) and value in kind.values:
        return value
    if isinstance(kind, inspect.NoneType) and value is None:
        return None
    raise Unfit(path)


def _fit_union(value: Any, kind: inspect.UnionType, path: str, left_out: list[str]) -> Any:
    optional = any(isinstance(member, inspect.NoneType) for member in kind.types)
    if value is None and optional:
        return None
    for member in kind.types:
        try:
            mine: list[str] = []
            fit = _fit(value, member, path, mine)
        except Unfit:
            continue
        left_out.extend(mine)
        return fit
    if not optional:
        raise Unfit(path)
    left_out.append(path)
    return None


def _fit_struct(value: Any, kind: inspect.StructType, path: str, left_out: list[str]) -> Any:
    if not isinstance(value, kind.cls):
        raise Unfit(path)
    before = f"{path}." if path else ""
    changes = {}
    for field in kind.fields:
        old = getattr(value, field.name)
        try:
            new = _fit(old, field.type, before + field.name, left_out)
        except Unfit:
            new = _instead(field.type, before + field.name)
            left_out.append(before + field.name)
        if new is not old and (new != old or type(new) is not type(old)):
            changes[field.name] = new
    return replace(value, **changes) if changes else value


def _instead(kind: inspect.Type, path: str) -> Any:
    """What stands for a field that its record cannot do without: no items, or the word. Raises Unfit."""
    if isinstance(kind, inspect.VarTupleType):
        return ()
    if isinstance(kind, inspect.DictType):
        return {}
    if isinstance(kind, inspect.StrType) and kind.pattern == _free_text().pattern:
        return UNKNOWN
    raise Unfit(path)


@cache
def _free_text() -> inspect.StrType:
    kind = inspect.type_info(Text)
    assert isinstance(kind, inspect.StrType)
    return kind


def _fit_items(value: Any, kind: inspect.VarTupleType, path: str, left_out: list[str]) -> tuple[Any, ...]:
    if not isinstance(value, tuple | list):
        raise Unfit(path)
    most = len(value) if kind.max_length is None else kind.max_length
    if len(value) > most:
        left_out.append(f"{path}[{most}…{len(value) - 1}]")
    kept = []
    for index, item in enumerate(value[:most]):
        try:
            kept.append(_fit(item, kind.item_type, f"{path}[{index}]", left_out))
        except Unfit:
            left_out.append(f"{path}[{index}]")
    changed = len(kept) != len(value) or any(new is not old for new, old in zip(kept, value, strict=False))
    return tuple(kept) if changed or not isinstance(value, tuple) else value


def _fit_settings(value: Any, kind: inspect.DictType, path: str, left_out: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit(path)
    most = len(value) if kind.max_length is None else kind.max_length
    kept: dict[str, Any] = {}
    for key, item in value.items():
        shown = printable(str(key), 40)
        try:
            name = _fit(key, kind.key_type, f"{path} (the name {shown})", left_out)
            fit = _fit(item, kind.value_type, f"{path}.{shown}", left_out)
        except Unfit:
            left_out.append(f"{path}.{shown}")
            continue
        if len(kept) < most:
            kept[name] = fit
        else:
            left_out.append(f"{path}.{shown}")
    if isinstance(value, dict) and len(kept) == len(value) and all(value.get(key) is kept[key] for key in kept):
        return value
    return kept


def _fit_text(value: Any, kind: inspect.StrType, path: str, left_out: list[str]) -> str:
    if value is None:
        raise Unfit(path)
    try:
        whole = str(value)
    except ValueError:
        raise Unfit(path) from None
    text = printable(whole) if kind.max_length is None else printable(whole, kind.max_length)
    if len(text) < (kind.min_length or 0) or (kind.pattern is not None and not re.search(kind.pattern, text)):
        raise Unfit(path)
    if text == value:
        return text if type(value) is not str else value
    left_out.append(path)
    return text


def _fit_integer(value: Any, kind: inspect.IntType, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise Unfit(path)
    number = int(value)
    if (kind.ge is not None and number < kind.ge) or (kind.le is not None and number > kind.le):
        raise Unfit(path)
    # A subclass (NumPy's, an enumeration's) is not what a file gives back.
    return number


def _fit_figure(value: Any, kind: inspect.FloatType, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise Unfit(path)
    try:
        number = float(value)
    except (OverflowError, ValueError):
        raise Unfit(path) from None
    # Not finite, or a whole number that a float cannot hold.
    if not math.isfinite(number) or number != value:
        raise Unfit(path)
    if (kind.ge is not None and number < kind.ge) or (kind.le is not None and number > kind.le):
        raise Unfit(path)
    if (kind.gt is not None and number <= kind.gt) or (kind.lt is not None and number >= kind.lt):
        raise Unfit(path)
    return number
