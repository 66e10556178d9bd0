"""Time-stamp tokens (RFC 3161): asked for, read, and held against a digest and against certificates that are trusted.

The library is the extra `anchors`: without it tokens are kept and shown, and not believed.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...kernels.errors import CheckFailed, InputError
from ...kernels.system.installing import install_extra
from ...kernels.system.own_files import read_regular
from ..result.printable import printable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

EXTRA = install_extra("anchors")
MOST_CERTIFICATE_BYTES = 4 << 20
# What an authority that states no accuracy may be off: its times are in whole seconds as a rule, cut.
UNSTATED_ACCURACY = timedelta(seconds=1)
MOST_ACCURACY = timedelta(days=1)
# The outer parts of an answer: granted (RFC 3161, 2.4.2), to be put before a token that was saved without them.
GRANTED = bytes.fromhex("3003020100")
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


class NoLibrary(InputError):
    """The library that reads tokens is not installed."""


class BadToken(CheckFailed):
    """What should be a token is none, or not one over this digest."""


@dataclass(frozen=True)
class Token:
    """What a token says: a digest was known at `time`, give or take `accuracy`; `signer` in the certificate's words."""

    response: bytes
    digest: bytes
    time: datetime
    accuracy: timedelta
    nonce: int | None
    signer: str

    @property
    def earliest(self) -> datetime:
        """The earliest moment at which it can have been made."""
        return self.time - self.accuracy

    @property
    def latest(self) -> datetime:
        """The latest moment at which it can have been made."""
        return self.time + self.accuracy


@dataclass(frozen=True)
class Trust:
    """Whether the signer is one of those trusted; if not, why not. `broken`: the signature itself does not hold."""

    trusted: bool
    reason: str = ""
    broken: bool = False


def library() -> Any:
    """The library. Raises NoLibrary."""
    try:
        import rfc3161_client
    except ImportError:
        raise NoLibrary(f"time-stamp tokens need a library that is not installed: {EXTRA}") from None
    return rfc3161_client


def request_over(message: bytes) -> tuple[bytes, int]:
    """A request, in DER, for a token over the SHA-256 of `message`, and its nonce. Raises NoLibrary."""
    tsp = library()
    request = tsp.TimestampRequestBuilder().data(message).hash_algorithm(tsp.HashAlgorithm.SHA256).build()
    return bytes(request.as_bytes()), int(request.nonce)


def read_token(data: bytes) -> Token:
    """What an authority's answer says, or a token alone, in DER. Raises NoLibrary, BadToken."""
    response, whole = _decoded(data)
    info = _guarded(lambda: response.tst_info)
    algorithm = info.message_imprint.hash_algorithm.dotted_string
    if algorithm != "2.16.840.1.101.3.4.2.1":
        raise BadToken(f"the token is over another digest than SHA-256 ({printable(algorithm, 40)})")
    if info.gen_time.tzinfo is None or not 2000 <= info.gen_time.year < 9000:
        raise BadToken("the token's time is none that can be")
    return Token(
        response=whole,
        digest=bytes(info.message_imprint.message),
        time=info.gen_time.astimezone(UTC),
        accuracy=_guarded(lambda: _accuracy(info)),
        nonce=_guarded(lambda: info.nonce),
        signer=_guarded(lambda: _signer(response)),
    )


def _decoded(data: bytes) -> tuple[Any, bytes]:
    tsp = library()
    whole = data
    try:
        response = _guarded(lambda: tsp.decode_timestamp_response(data))
    except BadToken as error:
        content = GRANTED + data
        whole = b"\x30" + _length(len(content)) + content
        try:
            response = _guarded(lambda: tsp.decode_timestamp_response(whole))
        except BadToken:
            raise error from None
    if response.status != 0:
        words = printable("; ".join(map(str, response.status_string)), 60)
        raise BadToken(f"the authority refuses (status {response.status}{f': {words}' if words else ''})")
    return response, whole


def _guarded(read: Any) -> Any:
    """What a parser in another language says; however it fails, it is no token. Raises BadToken."""
    try:
        with warnings.catch_warnings():
            # Oddities of a certificate that is not used are nobody's business here.
            warnings.simplefilter("ignore")
            return read()
    except (BadToken, library().VerificationError):
        raise
    except Exception as error:
        if "InvalidSetOrdering" in str(error):
            raise BadToken("its parts are not in the order that DER wants; take another authority") from None
        raise _with_details(BadToken("it is no time-stamp token that can be read"), error) from None
    except BaseException as error:
        # The library is written in Rust; what it calls a panic is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise BadToken("it is no time-stamp token") from None


def _with_details(told: BadToken, error: Exception) -> BadToken:
    told.add_note(printable(str(error)))
    return told


def _accuracy(info: Any) -> timedelta:
    try:
        stated = info.accuracy
    except ValueError:
        stated = None
    if stated is None:
        return UNSTATED_ACCURACY
    whole = timedelta(seconds=stated.seconds or 0, milliseconds=stated.millis or 0, microseconds=stated.micros or 0)
    if not whole <= MOST_ACCURACY:
        raise BadToken("the authority's clock is off by more than a day, by its own word")
    # Times in whole seconds are cut, whatever the clock behind them can do.
    return max(whole, UNSTATED_ACCURACY)


def _signer(response: Any) -> str:
    from cryptography import x509

    (signer,) = response.signed_data.signer_infos
    for data in response.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(bytes(data))
        if certificate.serial_number == signer.serial_number and certificate.issuer == signer.issuer:
            return printable(certificate.subject.rfc4514_string(), 200)
    return printable(f"issued by {signer.issuer.rfc4514_string()}", 200)


def trust_in(token: Token, roots: Sequence[Certificate]) -> Trust:
    """Whether one of the certificates vouches for the signer, at the time of the token. Raises NoLibrary."""
    tsp = library()
    if not roots:
        return Trust(False, "this system has no certificates to check it by")
    response, _ = _decoded(token.response)
    verifier = tsp.VerifierBuilder(roots=list(roots)).build()
    try:
        _guarded(lambda: verifier.verify(response, token.digest))
    except BadToken:
        return Trust(False, "its certificates cannot be read", broken=True)
    except tsp.VerificationError as error:
        text = str(error)
        if "certificate verify error" in text:
            _, _, reason = text.partition("Verify error:")
            return Trust(False, printable(reason.split('"')[0], 80) or "no trusted certificate vouches for it")
        if "EKU" in text:
            return Trust(False, "its certificate is not one for time-stamps")
        return Trust(False, "its signature does not hold", broken=True)
    return Trust(True)


def certificates_in(path: str | Path) -> list[Certificate]:
    """The certificates in a PEM or DER file. Raises InputError, NoLibrary."""
    library()
    from cryptography import x509

    shown = printable(str(path), 60)
    try:
        data = read_regular(path, MOST_CERTIFICATE_BYTES)
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except OSError as error:
        raise InputError(
            f"{shown} cannot be read ({error.strerror or 'no file'}); give a certificate, PEM or DER"
        ) from None
    except ValueError:
        raise InputError(f"{shown} holds no certificate; give the authority's, in PEM or DER") from None


@cache
def system_certificates() -> list[Certificate]:
    """Those that the system trusts, as far as Python finds them. Raises NoLibrary."""
    library()
    from cryptography import x509

    found = []
    for data in dict.fromkeys(_system_der()):
        # A system's list may hold what is no longer accepted; the others still stand.
        with suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(x509.load_der_x509_certificate(data))
    return found


def _system_der() -> Iterable[bytes]:
    if hasattr(ssl, "enum_certificates"):
        for data, encoding, purposes in ssl.enum_certificates("ROOT"):
            if encoding == "x509_asn" and (purposes is True or TIME_STAMPING in purposes):
                yield data
        return
    context = ssl.create_default_context()
    yield from context.get_ca_certs(binary_form=True)
    # A folder of certificates is looked into by OpenSSL only as it needs them; most systems keep a bundle there, too.
    folder = ssl.get_default_verify_paths().capath
    bundle = Path(folder or "") / "ca-certificates.crt"
    if folder and bundle.is_file():
        text = read_regular(bundle, MOST_CERTIFICATE_BYTES).decode("ascii", "replace")
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        for part in text.split(begin)[1:]:
            try:
                yield ssl.PEM_cert_to_DER_cert(begin + part.partition(end)[0] + end)
            except ValueError:
                continue


def _length(count: int) -> bytes:
    """A length in DER."""
    if count < 0x80:
        return bytes([count])
    digits = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits
