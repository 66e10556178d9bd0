"""Time-stamps over records: asked for, kept, checked, and refused once anything was changed."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hashwatt.bench.anchors import stamp as stamping
from hashwatt.bench.anchors import token as tokens
from hashwatt.bench.anchors.clock import anchors_of
from hashwatt.bench.anchors.digest import record_bytes, record_digest
from hashwatt.bench.anchors.fetch import NoAnswer
from hashwatt.bench.anchors.stamp import stamp_record
from hashwatt.bench.anchors.token import BadToken
from hashwatt.bench.result.file import load, save
from hashwatt.bench.result.model import Result
from hashwatt.bench.verification.checks import check_result
from hashwatt.kernels.errors import CheckFailed, InputError

from .authority import OPENSSL, Authority, asn1_time
from .conftest import REPLY, serve


@pytest.fixture
def stamped(honest_result: Result, tsa: str, authority: Authority) -> Result:
    return stamp_record(honest_result, tsa, [authority.root])[0]


def test_a_stamped_record_verifies_and_says_when_it_was_there(
    stamped: Result, authority: Authority, tmp_path: Path
) -> None:
    save(stamped, tmp_path / "stamped.json")
    verdict, result = check_result(tmp_path / "stamped.json", certificates=[authority.root])
    assert verdict.ok
    assert result == stamped
    (anchor,) = verdict.anchors
    assert anchor.trusted
    assert anchor.kind == "stamp"
    assert "CN=Authority of a test" in anchor.sentence
    now = datetime.now(UTC)
    moment = datetime.fromisoformat(anchor.time or "")
    # The latest moment that the token's accuracy leaves open, never an earlier one.
    assert now - timedelta(seconds=120) < moment <= now + timedelta(seconds=2)
    assert moment - datetime.fromisoformat(stamped.stamps[0].time) == timedelta(seconds=1)
    # Without a beacon nothing says when the work began.
    assert verdict.between is None


def test_openssl_itself_accepts_the_stored_answer_over_the_documented_form(
    stamped: Result, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "answer.tsr").write_bytes(base64.b64decode(stamped.stamps[0].response_base64))
    (tmp_path / "record").write_bytes(record_bytes(stamped))
    assert OPENSSL is not None
    done = subprocess.run(
        [OPENSSL, "ts", "-verify", "-data", "record", "-in", "answer.tsr", "-CAfile", str(authority.root)],
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_the_signer_is_not_trusted_without_its_root_and_the_file_still_verifies(stamped: Result) -> None:
    verdict, _ = check_result(stamped)
    assert verdict.ok
    (anchor,) = verdict.anchors
    assert not anchor.trusted
    assert "not trusted here" in anchor.sentence
    assert "--tsa-cert" in anchor.sentence


def edit_a_second(document: dict[str, Any]) -> None:
    document["results"][0]["rounds"][0]["samples"][0]["seconds"] *= 1.5


def edit_the_note(document: dict[str, Any]) -> None:
    document["note"] = "measured on a better machine"


def edit_the_date(document: dict[str, Any]) -> None:
    document["created"] = "2026-01-01T00:00:00Z"


def edit_the_machine(document: dict[str, Any]) -> None:
    document["machines"][0]["cpu_model"] = "another"


def drop_a_warning(document: dict[str, Any]) -> None:
    document["libraries"].popitem()


def edit_the_stamped_digest(document: dict[str, Any]) -> None:
    document["stamps"][0]["record_sha256"] = "0" * 64


def edit_the_stamped_time(document: dict[str, Any]) -> None:
    document["stamps"][0]["time"] = "2026-01-01T00:00:00Z"


def break_the_token(document: dict[str, Any]) -> None:
    document["stamps"][0]["response_base64"] = "AAAA" * 100


def edit_all_together(document: dict[str, Any]) -> None:
    """The stated digest is made to fit, too; the token's own is signed."""
    document["note"] = "better"
    document["stamps"][0]["record_sha256"] = record_digest(msgspec.convert(document, Result))


EDITS = [
    edit_a_second, edit_the_note, edit_the_date, edit_the_machine, drop_a_warning, edit_the_stamped_digest,
    edit_the_stamped_time, break_the_token, edit_all_together,
]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_a_record_that_was_edited_after_stamping_is_refused(
    edit: Callable[[dict[str, Any]], None], stamped: Result, authority: Authority, tmp_path: Path
) -> None:
    save(stamped, tmp_path / "edited.json")
    document = json.loads((tmp_path / "edited.json").read_bytes())
    edit(document)
    (tmp_path / "edited.json").write_text(json.dumps(document), encoding="utf-8")
    for certificates in ([authority.root], []):
        verdict, _ = check_result(tmp_path / "edited.json", certificates=certificates)
        assert not verdict.ok
        assert any(check.code == "anchor" and not check.ok for check in verdict.checks)
        assert not any(anchor.trusted for anchor in verdict.anchors)


def test_a_token_whose_time_was_changed_is_refused(stamped: Result, authority: Authority) -> None:
    data = bytearray(base64.b64decode(stamped.stamps[0].response_base64))
    digits = stamped.stamps[0].time.replace("-", "").replace(":", "").replace("T", "").encode()
    place = data.find(digits)
    assert place > 0
    data[place + 3] = data[place + 3] - 1
    earlier = stamped.stamps[0].time[:3] + chr(data[place + 3]) + stamped.stamps[0].time[4:]
    forged = replace(stamped.stamps[0], time=earlier, response_base64=base64.b64encode(data).decode())
    anchors = anchors_of(replace(stamped, stamps=(forged,)), [authority.root])
    assert not anchors.anchors[0].trusted
    assert anchors.between is None


def test_a_stamp_of_another_record_says_nothing_of_this_one(
    stamped: Result, honest_result: Result, authority: Authority
) -> None:
    other = replace(honest_result, note="another", stamps=stamped.stamps)
    verdict, _ = check_result(other, certificates=[authority.root])
    assert not verdict.ok


def test_a_second_stamp_is_over_the_same_record(stamped: Result, tsa: str, authority: Authority) -> None:
    twice, _, _ = stamp_record(stamped, tsa, [authority.root])
    assert len(twice.stamps) == 2
    verdict, _ = check_result(twice, certificates=[authority.root])
    assert verdict.ok
    assert [anchor.trusted for anchor in verdict.anchors] == [True, True]


def test_no_more_stamps_than_a_record_can_hold(stamped: Result, authority: Authority) -> None:
    with pytest.raises(InputError, match="time-stamps already"):
        stamp_record(replace(stamped, stamps=stamped.stamps * 20), "http://127.0.0.1:9/", [authority.root])


def test_the_form_of_a_record_is_the_same_after_reading_it_again(honest_result: Result, tmp_path: Path) -> None:
    save(honest_result, tmp_path / "one.json")
    assert record_bytes(load(tmp_path / "one.json")) == record_bytes(honest_result)
    # What is unknown or empty leaves no trace, so that a later version may add fields.
    assert b":null" not in record_bytes(honest_result)
    assert b":[]" not in record_bytes(honest_result)


def answering(server: HTTPServer, response: Callable[[Request], Response]) -> str:
    server.expect_request("/bad", method="POST").respond_with_handler(response)
    return server.url_for("/bad")


def test_a_token_that_answers_another_question_is_refused(
    honest_result: Result, authority: Authority, httpserver: HTTPServer
) -> None:
    other, _ = tokens.request_over(record_bytes(honest_result))
    address = answering(httpserver, lambda _: Response(authority.reply(other), content_type=REPLY))
    with pytest.raises(BadToken, match="nonce differs"):
        stamp_record(honest_result, address, [authority.root])


def test_a_token_over_another_digest_is_refused(
    honest_result: Result, authority: Authority, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mixed_up(message: bytes) -> tuple[bytes, int]:
        return tokens.request_over(message + b" but for this")

    monkeypatch.setattr(stamping, "request_over", mixed_up)
    with pytest.raises(BadToken, match="over another digest than was asked"):
        stamp_record(honest_result, serve(authority, httpserver), [authority.root])


def test_a_token_over_a_digest_of_another_kind_is_refused(
    honest_result: Result, authority: Authority, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def longer(message: bytes) -> tuple[bytes, int]:
        tsp = tokens.library()
        request = tsp.TimestampRequestBuilder().data(message).hash_algorithm(tsp.HashAlgorithm.SHA512).build()
        return bytes(request.as_bytes()), int(request.nonce)

    monkeypatch.setattr(stamping, "request_over", longer)
    with pytest.raises(BadToken, match="over another digest than SHA-256"):
        stamp_record(honest_result, serve(authority, httpserver), [authority.root])


def test_an_authority_that_refuses_is_told_apart(honest_result: Result, tmp_path: Path, httpserver: HTTPServer) -> None:
    choosy = Authority(tmp_path / "choosy", digests="sha512")
    with pytest.raises(BadToken, match=r"refuses|no time-stamp token"):
        stamp_record(honest_result, serve(choosy, httpserver), [choosy.root])


def test_a_signer_whose_certificate_had_expired_is_refused(
    honest_result: Result, tmp_path: Path, httpserver: HTTPServer
) -> None:
    now = datetime.now(UTC)
    span = asn1_time(now - timedelta(days=20)), asn1_time(now - timedelta(days=10))
    expired = Authority(tmp_path / "expired", valid=span)
    address = serve(expired, httpserver)
    with pytest.raises(CheckFailed, match="expired"):
        stamp_record(honest_result, address, [expired.root])


def test_a_signer_of_another_root_is_refused_where_a_root_was_named(
    honest_result: Result, tsa: str, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    with pytest.raises(CheckFailed, match="nothing was written"):
        stamp_record(honest_result, tsa, [other.root])


MISBEHAVING: dict[str, tuple[Callable[[Request], Response], str]] = {
    "wrong type": (lambda _: Response(b"<html>", content_type="text/html"), "answers with text/html"),
    "no token": (lambda _: Response(b"0\x03\x02\x01\x00", content_type=REPLY), "no time-stamp token"),
    "rubbish": (lambda _: Response(bytes(range(256)) * 9, content_type=REPLY), "no time-stamp token"),
    "nothing": (lambda _: Response(b"", content_type=REPLY), "no time-stamp token"),
    "a redirect": (
        lambda _: Response(b"", status=302, headers={"Location": "http://127.0.0.1:9/"}),
        "sends elsewhere",
    ),
    "an error": (lambda _: Response(b"", status=500), "status 500"),
    "a gigabyte": (lambda _: Response((b"x" * 65536 for _ in range(1 << 14)), content_type=REPLY), "sends more than"),
}


@pytest.mark.parametrize("name", MISBEHAVING)
def test_a_server_that_misbehaves_costs_one_sentence(name: str, honest_result: Result, httpserver: HTTPServer) -> None:
    respond, sentence = MISBEHAVING[name]
    with pytest.raises((NoAnswer, BadToken), match=sentence) as refusal:
        stamp_record(honest_result, answering(httpserver, respond))
    assert len(str(refusal.value)) <= 120
    assert "\n" not in str(refusal.value)


def test_an_address_that_is_none_is_told_before_anything_is_asked(honest_result: Result) -> None:
    for address in ("ftp://a/", "http://", "tsa.example", "http://u:p@h/", "http://h:99999/", "http://h/\x1b[2J", ""):
        with pytest.raises(InputError) as refusal:
            stamp_record(honest_result, address)
        assert len(str(refusal.value)) <= 120


@pytest.mark.parametrize(
    ("accuracy", "right_s"),
    [
        ("accuracy = secs:20, millisecs:500", 20.5),
        ("accuracy = millisecs:1", 1.0),
        ("", 1.0),
        ("accuracy = secs:99999", None),
    ],
)
def test_an_authority_s_own_accuracy_widens_the_time_by_a_second_at_least(
    accuracy: str, right_s: float | None, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", accuracy=accuracy)
    question, _ = tokens.request_over(b"something")
    if right_s is None:
        with pytest.raises(BadToken, match="more than a day"):
            tokens.read_token(other.reply(question))
        return
    token = tokens.read_token(other.reply(question))
    assert (token.latest - token.time).total_seconds() == right_s
    assert (token.time - token.earliest).total_seconds() == right_s


@pytest.mark.parametrize("name", ["cpu", "together"])
def test_a_file_of_version_1_can_be_stamped_and_still_verifies(
    name: str, tsa: str, authority: Authority, tmp_path: Path
) -> None:
    old = load(Path(__file__).parents[2] / "golden" / "version1" / f"{name}.json")
    before, _ = check_result(old)
    save(stamp_record(old, tsa, [authority.root])[0], tmp_path / "stamped.json")
    verdict, again = check_result(tmp_path / "stamped.json", certificates=[authority.root])
    assert verdict.ok == before.ok
    assert verdict.anchors[0].trusted
    assert again is not None
    assert again.results == old.results


def test_without_the_library_a_stamp_is_shown_and_not_believed(
    stamped: Result, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    tokens.system_certificates.cache_clear()
    verdict, _ = check_result(stamped)
    assert verdict.ok
    assert not verdict.anchors[0].trusted
    assert "pip install" in verdict.anchors[0].sentence
    # What needs no library is still held: the digest that the file states.
    verdict, _ = check_result(replace(stamped, note="edited"))
    assert not verdict.ok
    with pytest.raises(InputError, match="pip install"):
        stamp_record(stamped, "http://127.0.0.1:9/")
