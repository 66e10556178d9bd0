"""What is made of whatever the library that reads tokens says, without an authority: each answer is made by hand."""

from __future__ import annotations

import importlib.util
import ssl
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hashwatt.bench.anchors import token as tokens
from hashwatt.bench.anchors.token import BadToken, NoLibrary, Token, Trust
from hashwatt.kernels.errors import InputError

from .authority import CURVE, OPENSSL

ANCHORS = ("beacon", "challenge", "clock", "digest", "stamp", "token")
SHA256_NAME = "2.16.840.1.101.3.4.2.1"
NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", ANCHORS)
def test_what_reads_no_token_needs_no_library(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is for tokens: without it everything is imported all the same, whatever names types."""
    spec = importlib.util.find_spec(f"hashwatt.bench.anchors.{name}")
    assert spec is not None
    assert spec.loader is not None
    for library in ("cryptography", "cryptography.x509", "rfc3161_client"):
        monkeypatch.setitem(sys.modules, library, None)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


class Unverified(Exception):
    """What the library raises where a token does not hold."""


class PanicException(BaseException):
    """What the library's Rust raises where it gives up; no Exception either."""


def answer(**changes: Any) -> SimpleNamespace:
    """What the library makes of an answer."""
    info = {
        "message_imprint": SimpleNamespace(
            hash_algorithm=SimpleNamespace(dotted_string=changes.pop("algorithm", SHA256_NAME)), message=[1, 2, 255]
        ),
        "gen_time": NOON,
        "accuracy": None,
        "nonce": 7,
    }
    status = {name: changes.pop(name) for name in ("status", "status_string") if name in changes}
    signer = SimpleNamespace(serial_number=5, issuer=Name("CN=Root"))
    signed = SimpleNamespace(signer_infos=[signer], certificates=[])
    return SimpleNamespace(
        **{"status": 0, "status_string": [], "tst_info": SimpleNamespace(**(info | changes)), "signed_data": signed}
        | status
    )


class Name:
    """A name in a certificate."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and other.text == self.text

    __hash__ = None  # type: ignore[assignment]

    def rfc4514_string(self) -> str:
        return self.text


@pytest.fixture
def decode(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[bytes], Any]], None]:
    """Put a library in place that reads an answer as the test says."""

    def put(read: Callable[[bytes], Any], verify: Callable[[Any, bytes], None] = lambda *_: None) -> None:
        builder = SimpleNamespace(build=lambda: SimpleNamespace(verify=verify))
        library = SimpleNamespace(
            decode_timestamp_response=read, VerificationError=Unverified, VerifierBuilder=lambda roots: builder
        )
        monkeypatch.setattr(tokens, "library", lambda: library)

    return put


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


class TestReading:
    def test_all_that_a_token_says_is_taken_over(self, decode: Any) -> None:
        zone = timezone(timedelta(hours=2))
        decode(lambda _: answer(gen_time=NOON.replace(tzinfo=zone)))
        token = tokens.read_token(b"whole")
        assert token == Token(
            response=b"whole", digest=b"\x01\x02\xff", time=NOON - timedelta(hours=2), accuracy=timedelta(seconds=1),
            nonce=7, signer="issued by CN=Root",
        )  # fmt: skip
        assert token.time.tzinfo is UTC
        assert (token.latest - token.time, token.time - token.earliest) == (timedelta(seconds=1),) * 2

    def test_a_digest_of_another_kind_is_told_by_its_name_cut_short(self, decode: Any) -> None:
        decode(lambda _: answer(algorithm="1." * 40))
        with pytest.raises(BadToken) as refusal:
            tokens.read_token(b"")
        assert str(refusal.value) == f"the token is over another digest than SHA-256 ({'1.' * 19}1…)"

    @pytest.mark.parametrize(
        ("moment", "can_be"),
        [
            (NOON.replace(tzinfo=None), False), (NOON.replace(year=1999), False), (NOON.replace(year=2000), True),
            (NOON.replace(year=8999), True), (NOON.replace(year=9000), False),
        ],
    )  # fmt: skip
    def test_a_time_is_of_this_era_and_has_its_zone(self, moment: datetime, can_be: bool, decode: Any) -> None:
        decode(lambda _: answer(gen_time=moment))
        if can_be:
            assert tokens.read_token(b"").time == moment
            return
        with pytest.raises(BadToken, match="the token's time is none that can be"):
            tokens.read_token(b"")

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ([], "(status 2)"), (["no", "policy"], "(status 2: no; policy)"),
            (["x" * 60], f"(status 2: {'x' * 60})"), (["x" * 61], f"(status 2: {'x' * 59}…)"),
        ],
    )  # fmt: skip
    def test_an_authority_that_refuses_says_so_itself(self, words: list[str], told: str, decode: Any) -> None:
        decode(lambda _: answer(status=2, status_string=words))
        with pytest.raises(BadToken) as refusal:
            tokens.read_token(b"")
        assert str(refusal.value) == f"the authority refuses {told}"

    def test_a_token_alone_is_put_into_an_answer(self, decode: Any) -> None:
        seen: list[bytes] = []

        def read(data: bytes) -> SimpleNamespace:
            seen.append(data)
            if len(seen) == 1:
                raise ValueError("no answer")
            return answer()

        decode(read)
        whole = b"\x30\x08\x30\x03\x02\x01\x00abc"
        assert tokens.read_token(b"abc").response == whole
        assert seen == [b"abc", whole]

    def test_what_is_no_token_either_way_is_told_as_it_came(self, decode: Any) -> None:
        def read(data: bytes) -> None:
            raise ValueError("whole" if data == b"abc" else "put into an answer")

        decode(read)
        with pytest.raises(BadToken, match="no time-stamp token that can be read") as refusal:
            tokens.read_token(b"abc")
        assert refusal.value.__notes__ == ["whole"]

    def test_a_length_is_in_as_few_bytes_as_der_wants(self) -> None:
        for count, right in (
            (0, "00"),
            (127, "7f"),
            (128, "8180"),
            (255, "81ff"),
            (256, "820100"),
            (65536, "83010000"),
        ):
            assert tokens._length(count).hex() == right


class TestParsers:
    def test_however_one_fails_it_is_no_token(self) -> None:
        for error, told in (
            (ValueError("InvalidSetOrdering in it"), "not in the order that DER wants"),
            (ValueError("odd\x1b"), "it is no time-stamp token that can be read"),
            (PanicException("odd"), "it is no time-stamp token$"),
        ):
            with pytest.raises(BadToken, match=told) as refusal:
                tokens._guarded(raising(error))
            assert len(str(refusal.value)) <= 120

    def test_what_is_said_already_or_is_no_failure_of_theirs_goes_on(self) -> None:
        own = BadToken("said already")
        for error in (own, KeyboardInterrupt(), tokens.library().VerificationError("not held")):
            with pytest.raises(type(error)) as raised:
                tokens._guarded(raising(error))
            assert raised.value is error

    def test_its_warnings_are_nobody_s_business(self) -> None:
        def odd() -> int:
            warnings.warn("an oddity", UserWarning, stacklevel=1)
            return 3

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert tokens._guarded(odd) == 3


class TestAccuracy:
    def of(self, **stated: int | None) -> timedelta:
        parts = {"seconds": None, "millis": None, "micros": None} | stated
        return tokens._accuracy(SimpleNamespace(accuracy=SimpleNamespace(**parts)))

    def test_a_second_at_least_and_a_day_at_most(self) -> None:
        second, day = timedelta(seconds=1), timedelta(days=1)
        assert self.of() == self.of(millis=999) == self.of(seconds=1) == second
        assert self.of(seconds=2, millis=3, micros=4) == timedelta(seconds=2, milliseconds=3, microseconds=4)
        assert self.of(seconds=86400) == day
        with pytest.raises(BadToken, match="more than a day"):
            self.of(seconds=86400, micros=1)

    def test_one_that_is_not_stated_or_not_to_be_read_is_a_second(self) -> None:
        class Unreadable:
            @property
            def accuracy(self) -> None:
                raise ValueError("beyond what it may be")

        assert (
            tokens._accuracy(Unreadable()) == tokens._accuracy(SimpleNamespace(accuracy=None)) == timedelta(seconds=1)
        )


class TestSigners:
    def of(self, monkeypatch: pytest.MonkeyPatch, *certificates: tuple[int, str, str], issuer: str = "CN=Root") -> str:
        from cryptography import x509

        def read(data: bytes) -> SimpleNamespace:
            serial, issued_by, subject = certificates[data[0]]
            return SimpleNamespace(serial_number=serial, issuer=Name(issued_by), subject=Name(subject))

        monkeypatch.setattr(x509, "load_der_x509_certificate", read)
        signer = SimpleNamespace(serial_number=5, issuer=Name(issuer))
        signed = SimpleNamespace(signer_infos=[signer], certificates=[[at] for at in range(len(certificates))])
        return tokens._signer(SimpleNamespace(signed_data=signed))

    def test_the_signer_is_whose_certificate_has_that_number_of_that_issuer(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others = (6, "CN=Root", "CN=other"), (5, "CN=Elsewhere", "CN=namesake")
        assert self.of(monkeypatch, *others, (5, "CN=Root", "CN=it")) == "CN=it"
        assert self.of(monkeypatch, *others) == "issued by CN=Root"

    def test_long_names_are_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for length, right in ((200, "x" * 200), (201, "x" * 199 + "…")):
            assert self.of(monkeypatch, (5, "CN=Root", "x" * length)) == right
        assert self.of(monkeypatch, issuer="x" * 190) == "issued by " + "x" * 190
        assert self.of(monkeypatch, issuer="x" * 191) == "issued by " + "x" * 189 + "…"


class TestTrust:
    TOKEN = Token(b"answer", b"digest", NOON, timedelta(seconds=1), None, "CN=it")

    def of(self, decode: Any, error: BaseException | None) -> Trust:
        def verify(response: Any, digest: bytes) -> None:
            assert (response.status, digest) == (0, b"digest")
            if error is not None:
                raise error

        decode(lambda _: answer(), verify)
        return tokens.trust_in(self.TOKEN, [cast(Any, "a root")])

    def test_without_certificates_nobody_is_trusted(self) -> None:
        assert tokens.trust_in(self.TOKEN, []) == Trust(False, "this system has no certificates to check it by", False)

    @pytest.mark.parametrize(
        ("error", "right"),
        [
            (None, Trust(True, "", False)),
            (BadToken("odd"), Trust(False, "its certificates cannot be read", True)),
            (ValueError("odd"), Trust(False, "its certificates cannot be read", True)),
            (Unverified('certificate verify error: "Verify error:expired" more'), Trust(False, "expired", False)),
            (
                Unverified("certificate verify error"),
                Trust(False, "no trusted certificate vouches for it", False),
            ),
            (Unverified("certificate verify error Verify error:" + "x" * 80), Trust(False, "x" * 80, False)),
            (Unverified("certificate verify error Verify error:" + "x" * 81), Trust(False, "x" * 79 + "…", False)),
            (Unverified("no EKU for it"), Trust(False, "its certificate is not one for time-stamps", False)),
            (Unverified("odd"), Trust(False, "its signature does not hold", True)),
        ],
    )
    def test_each_reason_is_told_apart(self, error: BaseException | None, right: Trust, decode: Any) -> None:
        assert self.of(decode, error) == right


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if OPENSSL is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    made = [OPENSSL, "req", "-x509", *CURVE, "-keyout", "key", "-out", "it.pem", "-days", "9", "-subj", "/CN=It"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder / "it.pem"


def subjects(certificates: Any) -> list[str]:
    return [one.subject.rfc4514_string() for one in certificates]


class TestCertificates:
    def test_a_file_is_read_in_either_form(self, certificate: Path, tmp_path: Path) -> None:
        text = certificate.read_text()
        assert subjects(tokens.certificates_in(certificate)) == ["CN=It"]
        (tmp_path / "two.pem").write_text(text * 2)
        assert subjects(tokens.certificates_in(tmp_path / "two.pem")) == ["CN=It"] * 2
        (tmp_path / "it.der").write_bytes(ssl.PEM_cert_to_DER_cert(text))
        assert subjects(tokens.certificates_in(str(tmp_path / "it.der"))) == ["CN=It"]

    def test_what_is_none_is_told_with_its_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("none").write_bytes(b"nothing of the kind")
        Path("broken").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for name, told in (
            ("none", "none holds no certificate; give the authority's, in PEM or DER"),
            ("broken", "broken holds no certificate; give the authority's, in PEM or DER"),
            ("away", "away cannot be read (No such file or directory); give a certificate, PEM or DER"),
            ("x" * 61, f"{'x' * 59}… cannot be read (No such file or directory); give a certificate, PEM or DER"),
            ("x" * 60, f"{'x' * 60} cannot be read (No such file or directory); give a certificate, PEM or DER"),
        ):
            with pytest.raises(InputError) as refusal:
                tokens.certificates_in(name)
            assert str(refusal.value) == told

    def test_the_system_s_are_taken_once_each_and_what_is_broken_is_left_out(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        monkeypatch.setattr(tokens, "_system_der", lambda: iter([whole, b"broken", whole]))
        assert subjects(tokens.system_certificates.__wrapped__()) == ["CN=It"]

    def test_an_oddity_of_one_of_the_system_s_is_nobody_s_business(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from cryptography import x509

        def read(data: bytes) -> bytes:
            warnings.warn("an oddity", UserWarning, stacklevel=1)
            return data

        monkeypatch.setattr(tokens, "_system_der", lambda: iter([b"odd"]))
        monkeypatch.setattr(x509, "load_der_x509_certificate", read)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert tokens.system_certificates.__wrapped__() == [b"odd"]

    def test_without_the_library_none_is_read(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "rfc3161_client", None)
        with pytest.raises(NoLibrary, match="pip install"):
            tokens.system_certificates.__wrapped__()
        with pytest.raises(NoLibrary, match="pip install"):
            tokens.certificates_in(certificate)

    def test_of_windows_list_those_count_that_may_vouch_for_time_stamps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listed = [
            (b"all", "x509_asn", True),
            (b"time", "x509_asn", {tokens.TIME_STAMPING}),
            (b"mail", "x509_asn", {"1.3.6.1.5.5.7.3.4"}),
            (b"other", "pkcs_7_asn", True),
        ]
        monkeypatch.setattr(ssl, "enum_certificates", {"ROOT": listed}.__getitem__, raising=False)
        assert list(tokens._system_der()) == [b"all", b"time"]

    @pytest.mark.parametrize("folder_is_there", [True, False])
    def test_elsewhere_a_bundle_in_the_system_s_folder_is_read_too(
        self, folder_is_there: bool, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(ssl, "enum_certificates", raising=False)
        context = SimpleNamespace(get_ca_certs=lambda binary_form: [b"the context's"] if binary_form else [])
        monkeypatch.setattr(ssl, "create_default_context", lambda: context)
        # One in the middle is none, and there are words between them, as in some bundles.
        text = certificate.read_text()
        broken = "-----BEGIN CERTIFICATE-----\nÿ\n-----END CERTIFICATE-----\n"
        bundle = f"# of a test\n{text}{broken}{text}# and so on\n"
        (tmp_path / "ca-certificates.crt").write_text(bundle, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        paths = SimpleNamespace(capath=str(tmp_path) if folder_is_there else None)
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
        whole = ssl.PEM_cert_to_DER_cert(text)
        assert list(tokens._system_der()) == [b"the context's", *([whole, whole] if folder_is_there else [])]

    def test_a_folder_without_a_bundle_adds_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(ssl, "enum_certificates", raising=False)
        monkeypatch.setattr(ssl, "create_default_context", lambda: SimpleNamespace(get_ca_certs=lambda binary_form: []))
        monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: SimpleNamespace(capath=str(tmp_path)))
        assert list(tokens._system_der()) == []
