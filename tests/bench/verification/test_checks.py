"""Every tampering, tried on a real result file: refused, with its own sentence."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
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
from hashwatt.bench.verification.verdict import Verdict
from hashwatt.kernels.errors import InputError

from ..fakes import measured, shares_of
from .packed import keys_of, with_checksums, with_keys
from .test_trusted import together

Json = dict[str, Any]
Tamper = Callable[[Json, Json], None]  # given the whole file and its one device


def tampered(honest_file: Path, folder: Path, tamper: Tamper) -> Verdict:
    document = json.loads(honest_file.read_bytes())
    tamper(document, document["results"][0])
    path = folder / "tampered.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return verify(path)


def samples(device: Json) -> list[Json]:
    taken: list[Json] = device["rounds"][0]["samples"]
    return taken


def refusals(verdict: Verdict) -> dict[str, str]:
    return {check.code: check.sentence for check in verdict.checks if not check.ok}


def test_an_honest_result_holds(honest_file: Path) -> None:
    verdict = verify(honest_file)
    assert verdict.ok
    assert refusals(verdict) == {}
    assert [check.code for check in verdict.checks] == [
        "schema", "devices", "spans", "shares", "share_range", "share_count", "amount", "rate", "roof",
    ]  # fmt: skip
    assert "not how long it took" in verdict.statement


def test_verifying_takes_milliseconds(honest_file: Path) -> None:
    verify(honest_file)
    started = time.process_time()
    verify(honest_file)
    assert time.process_time() - started < 0.1


def miss_the_target(_document: Json, device: Json) -> None:
    with_keys(device["evidence"], lambda keys: [*keys[:3], keys[3] ^ 1, *keys[4:]])


def share_outside(_document: Json, device: Json) -> None:
    device["evidence"]["spans"][-1]["nonces"] -= 1000


def share_before_the_first_nonce(_document: Json, device: Json) -> None:
    device["evidence"]["spans"][0]["start"] += 1000


def share_of_no_header(_document: Json, device: Json) -> None:
    with_keys(device["evidence"], lambda keys: [*keys, 7 << 32])


def share_of_another_prefix(_document: Json, device: Json) -> None:
    device["evidence"]["prefixes"] = device["parameters"]["prefixes"] = 2


def prefixes_of_another_kind_of_work(_document: Json, device: Json) -> None:
    device["parameters"]["prefixes"] = 2


def share_twice(_document: Json, device: Json) -> None:
    device["evidence"]["count"] += 1


def no_base64(_document: Json, device: Json) -> None:
    device["evidence"]["shares"] = "A"


def cut_short(_document: Json, device: Json) -> None:
    device["evidence"]["shares"] = "gICA"


def too_few_checksums(_document: Json, device: Json) -> None:
    with_checksums(device["evidence"], lambda words: words[1:])


def another_challenge(document: Json, _device: Json) -> None:
    document["challenge"] = "prove that"


def another_run(document: Json, _device: Json) -> None:
    document["run_id"] = "0" * 32


def another_device(_document: Json, device: Json) -> None:
    device["device"]["id"] = "cpu"


def another_machine(document: Json, device: Json) -> None:
    document["machines"][0]["id"] = device["machine"] = "0" * 16


def drop_shares(_document: Json, device: Json) -> None:
    with_keys(device["evidence"], lambda keys: keys[::2])


def drop_shares_of_a_tenth(_document: Json, device: Json) -> None:
    with_keys(device["evidence"], lambda keys: [key for index, key in enumerate(keys) if index % 10])


def ease_the_target(_document: Json, device: Json) -> None:
    target = int(device["evidence"]["target_hex"], 16)
    device["evidence"]["target_hex"] = f"{target * 2:064x}"


def impossible_target(_document: Json, device: Json) -> None:
    device["evidence"]["target_hex"] = "0" * 64
    with_keys(device["evidence"], lambda _: [])


def want_fewer_shares(_document: Json, device: Json) -> None:
    device["evidence"]["wanted"] = 300


def other_leaves(_document: Json, device: Json) -> None:
    device["evidence"]["leaf_nonces"] *= 2
    with_checksums(device["evidence"], lambda words: words[::2])


def overlapping_spans(_document: Json, device: Json) -> None:
    *others, last = device["evidence"]["spans"]
    half = last["nonces"] // 2
    halves = [(last["start"], half), (last["start"] + half - 1, last["nonces"] - half)]
    device["evidence"]["spans"] = [*others, *({"start": start, "nonces": nonces} for start, nonces in halves)]


def spans_beyond_all_bounds(_document: Json, device: Json) -> None:
    device["evidence"]["spans"][-1] = {"start": 2**62, "nonces": 2**62 + 5}


def no_spans(_document: Json, device: Json) -> None:
    device["evidence"]["spans"] = []


def longer_span(_document: Json, device: Json) -> None:
    device["evidence"]["spans"][0]["nonces"] += 1
    with_checksums(device["evidence"], lambda words: [*words, 0])


def written_by_version_1(document: Json, _device: Json) -> None:
    document["written_as"] = 1


def more_hashes_in_a_sample(_document: Json, device: Json) -> None:
    samples(device)[0]["amount"] += 1


def more_hashes_in_all(_document: Json, device: Json) -> None:
    device["amount"] += 1


def higher_rate(_document: Json, device: Json) -> None:
    for name in ("value", "low", "high"):
        device["rate"][name] *= 1.01


def narrower_interval(_document: Json, device: Json) -> None:
    device["rate"]["low"] = device["rate"]["value"]


def shorter_sample(_document: Json, device: Json) -> None:
    samples(device)[0]["seconds"] *= 0.5


def vanishing_seconds(_document: Json, device: Json) -> None:
    for sample in samples(device):
        sample["seconds"] = 1e-9


def another_origin(_document: Json, device: Json) -> None:
    device["rate"]["origin"] = "cited"


def larger_share_of_its_roof(_document: Json, device: Json) -> None:
    device["roof"]["percent"] = 99.0


def roof_in_another_unit(_document: Json, device: Json) -> None:
    device["roof"]["unit"] = "byte/s"


def no_proof(_document: Json, device: Json) -> None:
    device["evidence"] = None


def no_samples(_document: Json, device: Json) -> None:
    device["rounds"] = []


def failed_with_a_rate(_document: Json, device: Json) -> None:
    device["status"] = "failed"


def device_twice(document: Json, device: Json) -> None:
    document["results"].append(device)


@pytest.mark.parametrize(
    ("tamper", "code", "sentence"),
    [
        (miss_the_target, "shares", "1 of .* shares do not meet the target"),
        (share_outside, "packing", "counts beyond what is claimed"),
        (share_before_the_first_nonce, "share_range", "outside the claimed ranges"),
        (share_of_no_header, "packing", "counts beyond what is claimed"),
        (share_of_another_prefix, "shares", "do not meet the target"),
        (prefixes_of_another_kind_of_work, "header", "2 prefixes are stated, 1 were hashed"),
        (share_twice, "packing", "are stated and"),
        (no_base64, "packing", "not base64"),
        (cut_short, "packing", "cut short"),
        (too_few_checksums, "packing", "checksums for"),
        (another_challenge, "shares", "do not meet the target"),
        (another_run, "shares", "do not meet the target"),
        (another_device, "shares", "do not meet the target"),
        (another_machine, "shares", "do not meet the target"),
        (drop_shares, "share_count", "the shares do not bear out"),
        (drop_shares_of_a_tenth, "share_count", "the shares do not bear out"),
        (ease_the_target, "shares", "do not meet the target"),
        (impossible_target, "share_count", "too few to prove anything"),
        (want_fewer_shares, "shares", "do not meet the target"),
        (other_leaves, "shares", "do not meet the target"),
        (overlapping_spans, "spans", "overlap"),
        (spans_beyond_all_bounds, "spans", "beyond all bounds"),
        (no_spans, "spans", "no range is claimed"),
        (longer_span, "amount", "the claimed ranges hold"),
        (written_by_version_1, "evidence", "as the file's version keeps them"),
        (more_hashes_in_a_sample, "amount", "state .* hashes, the claimed ranges hold"),
        (more_hashes_in_all, "amount", "the samples add up to"),
        (higher_rate, "rate", "not the stated"),
        (narrower_interval, "rate", "an interval of"),
        (shorter_sample, "rate", "the samples add up to"),
        (vanishing_seconds, "rate", "the samples add up to"),
        (another_origin, "rate", "is measured, not cited"),
        (larger_share_of_its_roof, "roof", "of the stated roof, not the stated 99 %"),
        (roof_in_another_unit, "roof", "for a rate of hash is not counted in byte/s"),
        (no_proof, "devices", "has no evidence"),
        (no_samples, "devices", "has no samples"),
        (failed_with_a_rate, "devices", "is failed and yet claims work"),
        (device_twice, "devices", "stands twice"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_tampered_result_is_refused_with_its_sentence(
    tamper: Tamper, code: str, sentence: str, honest_file: Path, tmp_path: Path
) -> None:
    verdict = tampered(honest_file, tmp_path, tamper)
    assert not verdict.ok
    found = refusals(verdict)
    assert code in found
    assert re.search(sentence, found[code]), found[code]


def test_ten_times_the_hashes_with_the_same_shares_are_refused(honest_file: Path, tmp_path: Path) -> None:
    def inflate(_document: Json, device: Json) -> None:
        spans = device["evidence"]["spans"]
        spans[-1]["nonces"] += 9 * sum(span["nonces"] for span in spans)
        with_checksums(device["evidence"], lambda words: words * 10)
        for sample in samples(device):
            sample["amount"] *= 10
        device["amount"] *= 10
        for name in ("value", "low", "high"):
            device["rate"][name] *= 10

    found = refusals(tampered(honest_file, tmp_path, inflate))
    assert "the shares do not bear out" in found["share_count"]


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


def test_the_largest_result_the_model_allows_is_checked_in_seconds(honest_file: Path, tmp_path: Path) -> None:
    def inflate(_document: Json, device: Json) -> None:
        proof = device["evidence"]
        proof["prefixes"] = device["parameters"]["prefixes"] = 65536
        proof["spans"] = [{"start": k << 32, "nonces": 1 << 16} for k in range(10_000)]
        proof["wanted"] = 50_000
        # A header of its own for each share.
        with_keys(proof, lambda _: [(k % 10_000 << 48) + (k << 20) for k in range(100_000)])
        proof["leaf_nonces"] = 1 << 18
        with_checksums(proof, lambda _: list(range(2500)))
        device["rounds"][0]["samples"] = samples(device)[:1] * 10_000

    started = time.process_time()
    assert not tampered(honest_file, tmp_path, inflate).ok
    assert time.process_time() - started < 10


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
