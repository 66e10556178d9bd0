"""Every tampering, tried on a real result file: refused, with its own sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .packed import one_moved, with_checksums, with_keys
from .tampering import Json, Tamper, refusals, samples, tampered


def miss_the_target(_document: Json, device: Json) -> None:
    with_keys(device["evidence"], one_moved)


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
