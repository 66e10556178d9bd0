"""The form of schema version 2 is frozen: files that 0.2.0 wrote stay readable, and no change goes unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest

import hashwatt
from hashwatt.bench.result.file import document_of, load
from hashwatt.bench.result.model import SCHEMA_VERSION

from ...golden.version2.frozen import FIRST, digest_now, form_now, without_words

# Without one of these more is taken.
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "maxItems", "pattern")
CHANGES = FIRST.parent / "changes.md"
FILES = sorted(path for path in FIRST.parent.glob("*.json") if path != FIRST)
HOW = (
    "the form of a result file has changed; where files written before do not fit it, raise SCHEMA_VERSION and read "
    "the old form in upgrade.py, else add a line to tests/golden/version2/changes.md with what is new and the digest "
)


def test_the_form_is_the_one_that_the_list_of_changes_ends_with() -> None:
    assert SCHEMA_VERSION == 2, "version 2 is frozen in a folder of its own; a new version gets another"
    noted = re.findall(r"`([0-9a-f]{16})`$", CHANGES.read_text(encoding="utf-8"), re.MULTILINE)
    assert noted[-1] == digest_now(), HOW + digest_now()


def refusals(new: Any, old: Any, place: str = "$") -> Iterator[str]:
    """Where a new form refuses what the old one took: a field gone, required or narrower, a word no longer allowed."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{place}: {old!r} became {new!r}"
        return
    if "properties" in old:
        yield from (
            f"{place}.{name} is required" for name in set(new.get("required", ())) - set(old.get("required", ()))
        )
    for key, part in old.items():
        if key in ("enum", "anyOf"):
            yield from (f"{place}: {one!r} is not allowed" for one in part if one not in new.get(key, ()))
        elif key in ("properties", "$defs"):
            for name, inner in part.items():
                if name in new.get(key, {}):
                    yield from refusals(new[key][name], inner, f"{place}.{name}")
                else:
                    yield f"{place}.{name} is gone"
        elif key not in ("required", "default") and not (key in BOUNDS and key not in new):
            yield from refusals(new.get(key), part, f"{place}.{key}")


def test_nothing_that_the_first_form_took_is_refused() -> None:
    assert list(refusals(json.loads(form_now()), json.loads(FIRST.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("what", ["a field gone", "a field required", "a word gone", "another type"])
def test_a_form_that_refuses_old_files_is_seen(what: str) -> None:
    old = json.loads(form_now())
    new = deepcopy(old)
    rate = new["$defs"]["Rate"]
    if what == "a field gone":
        del rate["properties"]["low"]
    elif what == "a field required":
        rate["properties"]["more"] = {"type": "number"}
        rate["required"].append("more")
    elif what == "a word gone":
        rate["properties"]["origin"]["enum"].pop()
    else:
        rate["properties"]["value"] = {"type": "string"}
    assert list(refusals(old, old)) == []
    assert len(list(refusals(new, old))) == 1


def test_words_may_be_put_better_at_any_time() -> None:
    part = {"description": "a", "properties": {"title": {"type": "string", "description": "b"}}}
    assert without_words(part) == {"properties": {"title": {"type": "string"}}}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_0_2_0_is_read_without_loss_and_verifies(path: Path) -> None:
    result = load(path)
    written, read = document_of(path.read_bytes()), msgspec.to_builtins(result)
    assert contains(read, written)
    assert result.hashwatt_version == "0.2.0"
    assert [check.sentence for check in hashwatt.verify(path).checks if not check.ok] == []


def contains(read: Any, written: Any) -> bool:
    """Whether all that was written is there; fields that came later may be there besides."""
    if isinstance(written, dict):
        return all(name in read and contains(read[name], part) for name, part in written.items())
    if isinstance(written, list):
        return len(written) == len(read) and all(map(contains, read, written))
    return bool(read == written)


def test_there_are_such_files() -> None:
    assert len(FILES) >= 3
