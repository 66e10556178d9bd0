"""A workload of another distribution is measured, stored, verified and shown without touching any file of ours."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench import api
from hashwatt.bench.api import load, save, verify
from hashwatt.bench.result.model import Result
from hashwatt.cli.app import execute
from hashwatt.kernels.device import Found, Missing
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.fakes.device import VirtualClock
from hashwatt.kernels.fakes.executor import COST
from hashwatt.kernels.workloads.evidence import CLASS_WORDS, Recompute
from hashwatt.kernels.workloads.registry import BUILT_IN, load_workload, workload_names

from ..bench.fakes import RATE_HS, fake, measured
from .toy_workload import install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path, with the distribution in it."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    install(folder)
    monkeypatch.syspath_prepend(folder)
    load_workload.cache_clear()
    yield folder
    load_workload.cache_clear()
    sys.modules.pop("toy_work", None)


@pytest.fixture
def result(site: Path) -> Result:
    return measured("steady", "wrong-checksum", seconds=1.0, workloads=["toy"])


def test_it_is_listed_with_ours(site: Path) -> None:
    assert "toy" in workload_names()
    assert [workload.name for workload in api.workloads()] == list(workload_names())


def test_it_is_measured_in_its_own_unit_with_a_roof(result: Result) -> None:
    entry, refused = result.results
    assert (entry.status, entry.workload, entry.unit) == ("measured", "toy", "sum")
    assert entry.rate is not None
    # A hundred items take a fake device COST times as long as a hash, of which it does RATE_HS a second.
    assert entry.rate.value == pytest.approx(100 * RATE_HS / COST, rel=0.02)
    assert entry.roof is not None
    assert (entry.roof.binds, entry.roof.unit) == ("memory", "sum/s")
    # A fake device takes as long for each item, and those of the dot product are blocks of 2 × 8 KiB; a sum takes 16.
    assert entry.roof.rate == pytest.approx(100 * RATE_HS / COST * 16384 / 16, rel=0.02)
    assert [(one.name, one.unit, one.count) for one in entry.roof.ceilings] == [("memory", "byte", 16.0)]
    assert isinstance(entry.evidence, Recompute)
    assert (refused.status, refused.reason) == ("refused", "fake:wrong-checksum cannot add")


def test_it_is_stored_verified_and_done_again(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_backends: list[str] | None = None) -> list[Found | Missing]:
        return [fake("steady", VirtualClock())]

    monkeypatch.setattr("hashwatt.bench.verification.verify.find_all", found)
    save(result, tmp_path / "toy.json")
    assert load(tmp_path / "toy.json") == result
    verdict = verify(tmp_path / "toy.json", recompute=3)
    assert verdict.ok
    assert [check.code for check in verdict.checks].count("sum") == 3


def test_work_that_its_evidence_does_not_account_for_is_refused(result: Result) -> None:
    entry = result.results[0]
    assert isinstance(entry.evidence, Recompute)
    fewer = msgspec.structs.replace(entry, evidence=Recompute(answers=entry.evidence.answers[1:]))
    verdict = verify(msgspec.structs.replace(result, results=(fewer,)))
    assert [check.code for check in verdict.checks if not check.ok] == ["answers"]


def test_where_it_is_not_installed_nothing_of_it_is_believed(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(result, tmp_path / "toy.json")
    monkeypatch.setattr("hashwatt.kernels.workloads.registry._foreign", dict)
    load_workload.cache_clear()
    assert load(tmp_path / "toy.json") == result
    verdict = verify(tmp_path / "toy.json")
    (failed,) = [check for check in verdict.checks if not check.ok]
    assert failed.code == "workload"
    assert "there is no workload 'toy'" in failed.sentence


def test_a_name_that_nobody_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="sha256d, stream"):
        measured("steady", workloads=["nonsense"])


def test_a_distribution_that_cannot_be_loaded_costs_its_own_workload_only(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "toy_work" / "__init__.py").write_text("raise OSError('no')", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be loaded"):
        measured("steady", workloads=["toy"])
    assert measured("steady", seconds=0.5).results[0].status == "measured"
    assert [workload.name for workload in api.workloads()] == list(BUILT_IN)
    assert execute(["workloads"]) == 0
    told = capsys.readouterr()
    assert "sha256d" in told.out
    assert "'toy' of 'toy_work:WORKLOAD' cannot be loaded (no)" in told.err


def test_evidence_that_a_foreign_workload_stumbles_over_does_not_hold(result: Result) -> None:
    entry = result.results[0]
    assert isinstance(entry.evidence, Recompute)
    first, *others = entry.evidence.answers
    odd = Recompute(answers=(msgspec.structs.replace(first, sample=9_999), *others))
    verdict = verify(msgspec.structs.replace(result, results=(msgspec.structs.replace(entry, evidence=odd),)))
    (failed,) = [check for check in verdict.checks if not check.ok]
    assert failed.code == "evidence"
    assert "toy cannot check its evidence (IndexError" in failed.sentence


def test_it_is_shown_in_a_report_in_its_own_unit(
    result: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(result, tmp_path / "toy.json")
    for suffix in ("csv", "md", "html"):
        assert execute(["report", str(tmp_path / "toy.json"), "-o", str(tmp_path / f"report.{suffix}")]) == 0
    # The device's own rate comes and goes by 0.2 %.
    assert re.search(r"(38\.9|39\.[01])\d ksum/s", capsys.readouterr().out)
    (row, refused) = csv.DictReader((tmp_path / "report.csv").read_text(encoding="utf-8-sig").splitlines())
    assert (row["rank"], row["workload"], row["unit"], row["verified"]) == ("1", "toy", "sum", "yes")
    assert float(row["rate_per_s"]) == pytest.approx(100 * RATE_HS / COST, rel=0.02)
    assert (refused["rank"], refused["status"]) == ("", "refused")
    for suffix in ("md", "html"):
        text = (tmp_path / f"report.{suffix}").read_text(encoding="utf-8")
        assert "ksum/s" in text
        assert CLASS_WORDS["recompute"] in text
