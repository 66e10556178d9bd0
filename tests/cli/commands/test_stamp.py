"""`hashwatt stamp` puts a time-stamp over a result, and loses nothing, whatever the authority does."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from hashwatt.bench.anchors.challenge import get_beacon
from hashwatt.bench.result.file import load, save
from tests.bench.anchors.authority import OPENSSL, Authority
from tests.bench.anchors.conftest import serve
from tests.bench.fakes import measured

from ..json_paths import paths_of
from ..terminal import run_here
from ..test_json_fields import documented

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if OPENSSL is None:
        pytest.skip("there is no openssl to make an authority with")
    return Authority(tmp_path_factory.mktemp("authorities") / "good")


@pytest.fixture
def tsa(authority: Authority, httpserver: HTTPServer) -> str:
    return serve(authority, httpserver)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(measured("steady", seconds=2.0, challenge="prove it"), tmp_path / "run.json")
    return tmp_path / "run.json"


def test_the_stamped_result_is_a_new_file_and_verifies(
    file: Path, tsa: str, authority: Authority, capsys: Capture
) -> None:
    before = file.read_bytes()
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", tsa, "--tsa-cert", str(authority.root))
    assert (outcome.code, outcome.err) == (0, "")
    assert "by CN=Authority of a test; written to run-stamped.json." in outcome.out
    assert file.read_bytes() == before
    assert load("run-stamped.json").stamps
    outcome = run_here(capsys, "verify", "run-stamped.json", "--tsa-cert", str(authority.root))
    assert outcome.code == 0
    assert "whose signer is trusted here" in outcome.out


def test_a_signer_that_is_not_known_here_is_told_and_does_no_harm(file: Path, tsa: str, capsys: Capture) -> None:
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", tsa, "-o", "new.json")
    assert outcome.code == 0
    assert "not trusted here" in outcome.err
    outcome = run_here(capsys, "verify", "new.json")
    assert outcome.code == 0
    assert "--tsa-cert names its root" in outcome.out


def test_in_place_keeps_all_that_was_there(file: Path, tsa: str, authority: Authority, capsys: Capture) -> None:
    before = load(file)
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", tsa, "--tsa-cert", str(authority.root), "--in-place", "-q")
    assert (outcome.code, outcome.out) == (0, "run.json\n")
    after = load(file)
    assert len(after.stamps) == 1
    assert after.results == before.results
    assert [path.name for path in file.parent.iterdir()] == ["run.json"]


def test_its_document_is_that_of_the_page(file: Path, tsa: str, authority: Authority, capsys: Capture) -> None:
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", tsa, "--json")
    assert set(paths_of(outcome.document)) == documented("stamp")
    assert outcome.document["trusted"] is False
    assert outcome.document["record_sha256"] == load("run-stamped.json").stamps[0].record_sha256


def test_between_two_anchors_verify_says_how_fast_it_was_at_least(
    file: Path, tsa: str, authority: Authority, capsys: Capture
) -> None:
    save(measured("steady", seconds=2.0, challenge="prove it", beacon=get_beacon(f"tsa:{tsa}")), "both.json")
    trusting = ("--tsa-cert", str(authority.root))
    assert run_here(capsys, "stamp", "both.json", "--tsa", tsa, *trusting, "--in-place").code == 0
    outcome = run_here(capsys, "verify", "both.json", "--effort", "0", "--challenge", "prove it", *trusting)
    assert outcome.code == 0, outcome.out
    assert "By others' clocks, all of it was done within" in outcome.out
    assert "So fake:steady did at least" in outcome.out
    unsure = run_here(capsys, "verify", "both.json", "--effort", "0")
    assert "If the anchors above are right, all of it" in unsure.out
    printed = set(paths_of(run_here(capsys, "verify", "both.json", "--effort", "0", "--json").document))
    assert documented("anchors") <= printed
    assert not {path for path in printed if path.startswith(("anchors", "between", "rate_at"))} - (
        documented("anchors") | documented("verify")
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "run.json"), "say so with --in-place"),
        (("-o", "run.json", "--force"), "say so with --in-place"),
        (("-o", "there.json"), "exists already"),
        (("-o", "x.json", "--in-place"), "two places"),
        (("-o", "no/such/folder.json"), "cannot be written"),
    ],
)
def test_nothing_is_written_over_unasked(
    options: tuple[str, ...], sentence: str, file: Path, tsa: str, capsys: Capture
) -> None:
    Path("there.json").write_text("somebody's")
    before = file.read_bytes()
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", tsa, *options)
    assert outcome.code == 2
    assert sentence in outcome.err
    assert file.read_bytes() == before
    assert Path("there.json").read_text() == "somebody's"


def test_force_writes_over_the_file_that_was_named(file: Path, tsa: str, capsys: Capture) -> None:
    Path("there.json").write_text("somebody's")
    assert run_here(capsys, "stamp", "run.json", "--tsa", tsa, "-o", "there.json", "--force").code == 0
    assert load("there.json").stamps


def test_an_authority_that_fails_leaves_the_result_as_it_was(
    file: Path, httpserver: HTTPServer, capsys: Capture
) -> None:
    before = file.read_bytes()
    httpserver.expect_request("/bad").respond_with_data(b"no", content_type="text/plain")
    outcome = run_here(capsys, "stamp", "run.json", "--tsa", httpserver.url_for("/bad"), "--in-place")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["run.json"]


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
    file: Path, httpserver: HTTPServer, capsys: Capture
) -> None:
    import os

    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    file.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        outcome = run_here(capsys, "stamp", "run.json", "--tsa", httpserver.url_for("/never"))
    finally:
        file.parent.chmod(stat.S_IRWXU)
    assert outcome.code == 2
    assert httpserver.log == []


@pytest.mark.parametrize("given", ["no.json", "empty.json", "."])
def test_what_is_no_result_is_one_sentence(given: str, file: Path, capsys: Capture) -> None:
    Path("empty.json").write_text("")
    outcome = run_here(capsys, "stamp", given, "--tsa", "http://127.0.0.1:9/")
    assert outcome.code == 2
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [("none.pem", 2), ("run.json", 2), (".", 2)],
)
def test_a_certificate_that_is_none_is_one_sentence(given: str, code: int, file: Path, capsys: Capture) -> None:
    for command in (("stamp", "run.json", "--tsa", "http://127.0.0.1:9/"), ("verify", "run.json")):
        outcome = run_here(capsys, *command, "--tsa-cert", given)
        assert outcome.code == code
        assert outcome.err.count("\n") == 1


def test_a_beacon_that_is_none_ends_the_run_at_once(file: Path, capsys: Capture) -> None:
    Path("short").write_text("too short")
    for given in ("short", "missing", "ftp://beacon.example/", "tsa:nothing", "http://127.0.0.1:1/x"):
        outcome = run_here(capsys, "run", "--beacon", given)
        assert outcome.code in (1, 2), given
        assert outcome.err.count("\n") == 1
        assert len(outcome.err) <= 140
