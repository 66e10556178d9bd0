"""Each text of the model that stays in what is published is one of these, each for a reason; all else goes."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from hashwatt.bench.result.anchors import Beacon, Stamp
from hashwatt.bench.result.model import Result
from hashwatt.reports.anonymous.result import anonymous
from hashwatt.reports.anonymous.told import still_told
from hashwatt.reports.collect.gather import collected
from hashwatt.reports.document.report import report_on
from hashwatt.reports.formats import format_for
from hashwatt.reports.site.pages import device_page, index_pages, result_page

from ..factory import joules, result, verified
from ..shown import leave_out_the_ladder
from ..site.test_site import plan_in_memory, source_of
from .planted import planted

# Words here are those of a system or a driver for a whole series: told as such (`still_told`).
OF_A_SERIES = {
    "Machine.cpu_model", "Machine.microarchitecture", "Machine.cpu_vendor", "Machine.cpu_signature",
    "Machine.cpu_features", "Machine.architecture", "Machine.os", "Machine.python", "Machine.hypervisor",
    "Machine.container", "Machine.governor", "Cache.kind",
    "DeviceRecord.name", "DeviceRecord.vendor", "DeviceRecord.backend", "DeviceRecord.driver", "ThrottleReason.reason",
    "Result.libraries (name)", "Member.libraries (name)",
}  # fmt: skip
# Words of ours and of a workload: names of kernels and ceilings, units, sentences that no user writes.
OURS = {
    "KernelRecord.name", "KernelRecord.tuning (name)", "KernelRecord.tuning (value)", "CandidateRecord.name",
    "RunSettings.asked_kernel", "CeilingRecord.name", "CeilingRecord.unit", "Rate.unit", "Measurement.unit",
    "Roof.unit", "Roof.binds", "Roof.explanation", "Roof.reason", "Round.left_out", "Together.unit", "Checked.how",
    "Energy.attribution", "Energy.bound_source", "Telemetry.source", "Alternated.a", "Alternated.b",
}  # fmt: skip
# Without these nothing could be verified any more; those that may be anybody's own words are told.
BOUND = {
    "Result.challenge", "Result.run_id", "Machine.id", "Measurement.machine", "Measurement.workload",
    "Measurement.parameters (name)", "Measurement.parameters (value)", "Measurement.setting", "DeviceRecord.id",
    "RateTogether.machine", "RateTogether.device", "RateTogether.workload", "Member.machine", "Lost.machine",
    "Shares.target_hex", "Shares.checksums", "Shares.shares", "ChunkedShares.target_hex", "Header.prefix_hex",
    "ServedShares.fresh_hex", "ServedShares.extranonce1_hex", "ServedShares.packed", "Answer.digest_hex",
    "Beacon.value", "Beacon.chain", "Beacon.round", "Beacon.published", "Beacon.response_base64",
}  # fmt: skip
TIMES = {"Result.created", "Member.created"}
STAYS = OF_A_SERIES | OURS | BOUND | TIMES


def published() -> tuple[Result, dict[str, str]]:
    """The result of the whole model without names, and the words that were in it."""
    made, words = planted()
    return anonymous(made).result, words


def outputs(made: Result) -> Iterator[tuple[str, str]]:
    """What is published of it: each format, and the pages of a site (whose raw file is the result)."""
    # Pages sort by the day.
    dated = replace(made, created="2025-05-12T10:15:00Z")
    # As if it verified: what does not is hardly shown.
    report = report_on(collected([source_of(dated)], []))
    for suffix in (".html", ".md", ".csv", ".json", ".svg"):
        yield suffix, format_for(f"x{suffix}").render(report).decode()
    plan = plan_in_memory([source_of(dated)])
    pages = [content for _, content in index_pages(plan)]
    pages += [device_page(plan, model) for model in plan.pages_of_models]
    pages += [result_page(plan, one) for one in plan.results]
    yield "site", b"".join(pages).decode()


def test_what_stays_of_each_text_of_the_model_was_decided() -> None:
    made, words = published()
    text = msgspec.json.encode(made).decode()
    assert {place for place, word in words.items() if word in text} == STAYS


def test_no_other_word_is_in_anything_that_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_the_ladder(monkeypatch)
    made, words = published()
    for name, text in outputs(made):
        there = {place for place, word in words.items() if word in text}
        assert "DeviceRecord.name" in there, name
        assert there <= STAYS, name


def test_a_sensor_of_a_board_is_told_by_its_kind_and_no_label() -> None:
    entry = verified()
    entry = replace(
        entry,
        energy=(
            joules(2e6, entry, meter="hwmon:acmechip@4-0040:power1", name="hwmon acmechip ACME RAIL"),
            joules(2e6, entry, meter="exec:acme-power-123abc", name="exec:acme-power-123abc"),
            joules(2e6, entry, meter="shelly://acme.local", name="Shelly at acme.local", attribution="a plug's file"),
            joules(2e6, entry, meter="rapl:package-0", name="RAPL package (package-0)"),
        ),
    )
    shown = anonymous(result(entry)).result.results[0].energy
    assert [(one.meter, one.name) for one in shown] == [
        ("meter:1", "a sensor of hwmon"), ("meter:2", "a command"), ("meter:3", "a Shelly plug"),
        ("rapl:package-0", "RAPL package (package-0)"),
    ]  # fmt: skip
    assert shown[2].attribution == "a plug's file"


def test_a_slot_is_an_address_on_the_bus_and_a_digest_is_one() -> None:
    entry = verified()
    assert entry.kernel is not None
    for slot, left in (("0000:01:00.0", "0000:01:00.0"), ("rack 7, left", None)):
        for digest, kept in (("ab" * 32, "ab" * 32), ("built by Ann", "")):
            device, kernel = replace(entry.device, pci_address=slot), replace(entry.kernel, source_sha256=digest)
            made = anonymous(result(replace(entry, device=device, kernel=kernel))).result.results[0]
            assert made.kernel is not None
            assert (made.device.pci_address, made.kernel.source_sha256) == (left, kept)


def test_words_that_must_stay_are_told() -> None:
    beacon = Beacon(
        kind="text", source=None, chain=None, round=None, value="words of Ann and Bob", published=None,
        response_base64=None,
    )  # fmt: skip
    stamp = Stamp(
        authority="http://tsa.acme.example", record_sha256="0" * 64, time="2025-05-12T10:15:00Z", response_base64="AAAA"
    )
    mine = replace(verified(), workload="acme-work", parameters={"input": "plans"}, setting="kernel=mine")
    told = {one.what: one.example for one in still_told([result(mine, beacon=beacon, stamps=(stamp,))])}
    assert told["beacon's value in its owner's words, which the proof is bound to"] == "words of Ann and Bob"
    assert told["who gave the time-stamp"] == "http://tsa.acme.example"
    assert told["work of another distribution, which the proof is bound to"] == "acme-work"
    assert told["words among the work's parameters, which the proof is bound to"] == "input plans"
    assert told["settings that were alternated"] == "kernel=mine"
