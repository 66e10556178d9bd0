"""What verifying answers: for honest results, for objects, for the largest file, for whatever is changed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hashwatt.bench.api import verify
from hashwatt.bench.energy.joules.efficiency import efficiency
from hashwatt.bench.result.energy import Efficiency
from hashwatt.bench.result.file import decode, load
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import _findings
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.headers import many
from hashwatt.kernels.headers.job import HEADER_BYTES

from ..fakes import measured, shares_of
from .packed import keys_of, with_checksums, with_keys
from .tampering import Json, refusals, samples, tampered
from .test_trusted import together


def test_an_honest_result_holds(honest_file: Path) -> None:
    verdict = verify(honest_file)
    assert verdict.ok
    assert refusals(verdict) == {}
    assert [check.code for check in verdict.checks] == [
        "schema", "devices", "spans", "shares", "share_range", "share_count", "amount", "rate", "roof",
    ]  # fmt: skip
    assert "not how long it took" in verdict.statement


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each input of SHA-256 had, since the test began."""
    sizes: list[int] = []

    def counted(data: bytes) -> Any:
        sizes.append(len(data))
        return sha256(data)

    monkeypatch.setattr(many, "sha256", counted)
    return sizes


def test_verifying_hashes_each_share_once(honest_file: Path, honest_result: Result, hashed: list[int]) -> None:
    assert verify(honest_file).ok
    assert hashed.count(HEADER_BYTES) == shares_of(honest_result.results[0]).count


def test_a_version_rolled_result_holds() -> None:
    result = measured("steady", seconds=0.5, rolled=4)
    assert shares_of(result.results[0]).prefixes == 4
    assert {key % 4 for key in keys_of(shares_of(result.results[0]))} == {0, 1, 2, 3}
    assert verify(result).ok


def test_a_device_that_failed_claims_nothing_and_spoils_nothing() -> None:
    result = measured("broken", "steady", seconds=0.5)
    assert [entry.status for entry in result.results] == ["failed", "measured"]
    assert verify(result).ok


@pytest.mark.parametrize("note", ["two\nlines", "\ud800", 5])
def test_a_result_object_is_held_to_the_model_like_a_file(note: Any, honest_result: Result) -> None:
    assert verify(honest_result).ok
    verdict = verify(msgspec.structs.replace(honest_result, note=note))
    assert list(refusals(verdict)) == ["schema"]


def test_joules_a_unit_that_do_not_follow_are_refused(honest_result: Result) -> None:
    (entry,) = honest_result.results
    record = replace(
        entry.energy[0],
        covers="the device",
        gross_j=100.0,
        low_j=99.0,
        high_j=101.0,
        window_s=entry.seconds,
        reason=None,
    )
    right = efficiency(record, entry.rate, entry.amount, entry.seconds)
    assert right is not None
    less_energy = replace(right, j_per_unit=replace(right.j_per_unit, value=right.j_per_unit.value / 1000))

    def verdict(stated: Efficiency) -> Verdict:
        spoilt = replace(entry, energy=(replace(record, efficiency=stated),))
        return verify(replace(honest_result, results=(spoilt,)))

    assert verdict(right).ok
    assert list(refusals(verdict(less_energy))) == ["energy"]


def test_nan_in_a_result_object_is_refused(honest_result: Result) -> None:
    (entry,) = honest_result.results
    spoilt = msgspec.structs.replace(entry, seconds=float("nan"))
    verdict = verify(msgspec.structs.replace(honest_result, results=(spoilt,)))
    assert list(refusals(verdict)) == ["schema"]


def all_places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON document with each of its keys or indices."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield node, key
        if isinstance(value, dict | list):
            yield from all_places(value)


scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=4)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_changed_the_answer_is_a_verdict(data: st.DataObject, honest_file: Path, tmp_path: Path) -> None:
    document = json.loads(honest_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(all_places(document))
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        container[key] = data.draw(scalars)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    # Anything but these two ways out is a traceback for the user.
    with contextlib.suppress(InputError):
        assert verify(path).checks


def as_large_as_a_result_may_be(_document: Json, device: Json) -> None:
    proof = device["evidence"]
    proof["prefixes"] = device["parameters"]["prefixes"] = 65536
    proof["spans"] = [{"start": k << 32, "nonces": 1 << 16} for k in range(10_000)]
    proof["wanted"] = 50_000
    # A header of its own for each share.
    with_keys(proof, lambda _: [(k % 10_000 << 48) + (k << 20) for k in range(100_000)])
    proof["leaf_nonces"] = 1 << 18
    with_checksums(proof, lambda _: list(range(2500)))
    device["rounds"][0]["samples"] = samples(device)[:1] * 10_000


def test_the_largest_result_the_model_allows_is_checked_with_a_hash_a_share(
    honest_file: Path, tmp_path: Path, hashed: list[int]
) -> None:
    assert not tampered(honest_file, tmp_path, as_large_as_a_result_may_be).ok
    assert hashed.count(HEADER_BYTES) <= 100_000


def test_a_negative_number_of_chunks_is_refused(honest_result: Result) -> None:
    with pytest.raises(InputError, match="cannot be recomputed"):
        verify(honest_result, recompute=-1)


def test_evidence_of_version_1_proves_nothing_in_a_file_of_version_2() -> None:
    golden = Path(__file__).parents[2] / "golden" / "version1" / "cpu.json"
    old = load(golden)
    assert verify(old).ok
    (told,) = verify(old).proven
    assert (told.at_least, told.confidence) == (None, None)
    assert "evidence" in refusals(verify(replace(old, written_as=2)))


def test_what_is_proven_is_told_in_numbers(honest_result: Result) -> None:
    (told,) = verify(honest_result).proven
    (entry,) = honest_result.results
    assert (told.device, told.workload, told.claimed, told.confidence) == (
        entry.device.id, "sha256d", entry.amount, 0.999,
    )  # fmt: skip
    assert told.at_least is not None
    assert 0.9 * told.claimed < told.at_least <= told.claimed


@pytest.mark.parametrize("bound", ["low", "high"])
@pytest.mark.parametrize("name", ["j_per_unit", "units_per_j", "above_idle_j_per_unit"])
def test_each_bound_of_joules_a_unit_must_follow(name: str, bound: str) -> None:
    result = decode(together(), "the file")
    entry = result.results[0]
    (record,) = entry.energy
    assert record.efficiency is not None
    interval = getattr(record.efficiency, name)
    better = replace(record.efficiency, **{name: replace(interval, **{bound: getattr(interval, bound) * 1.001})})
    forged = replace(entry, energy=(replace(record, efficiency=better),))
    found = refusals(verify(replace(result, results=(forged, *result.results[1:]))))
    assert "energy" in found


def test_work_of_which_no_part_can_be_drawn_is_looked_at_as_a_whole() -> None:
    evidence: Any = "evidence"
    claim: Any = "claim"
    workload: Any = SimpleNamespace(verify=lambda *given: list(given))
    assert list(map(str, _findings(workload, evidence, claim, 300))) == ["evidence", "claim"]
