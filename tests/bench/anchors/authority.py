"""A time-stamping authority of the tests' own: openssl makes its certificates and its tokens."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl to make an authority with")

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
EXTENSIONS = """basicConstraints=CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage={purpose}
"""
CONFIGURATION = """[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = {digests}
{accuracy}
ess_cert_id_alg = sha256
"""


class Authority:
    """A root, and a signer that it vouches for; answers queries as RFC 3161 says."""

    def __init__(
        self,
        folder: Path,
        *,
        purpose: str = "critical,timeStamping",
        valid: tuple[str, str] | None = None,
        accuracy: str = "accuracy = secs:1",
        digests: str = "sha256, sha512",
    ) -> None:
        """In a folder of its own. `valid`: from when to when the signer's certificate is, as ASN.1 writes times."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.root = folder / "root.pem"
        self._run(
            "req", "-x509", *CURVE, "-keyout", "root.key", "-out", "root.pem", "-days", "3650",
            "-subj", "/CN=Root of a test", "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip
        self._run("req", *CURVE, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Authority of a test")
        (folder / "extensions").write_text(EXTENSIONS.format(purpose=purpose))
        (folder / "serial").write_text("01\n")
        (folder / "index.txt").write_text("")
        (folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca = it\n[it]\nnew_certs_dir = {folder}\ndatabase = {folder}/index.txt\n"
            f"serial = {folder}/serial\ndefault_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n"
        )
        self._run(
            "ca", "-batch", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-in", "tsa.csr",
            "-out", "tsa.pem", "-extfile", "extensions", "-notext",
            *(("-startdate", valid[0], "-enddate", valid[1]) if valid else ("-days", "365")),
        )  # fmt: skip
        (folder / "tsa.cnf").write_text(
            CONFIGURATION.format(folder=folder.as_posix(), accuracy=accuracy, digests=digests)
        )

    def reply(self, query: bytes) -> bytes:
        """The answer to a query, both in DER; the time is now."""
        (self.folder / "query.tsq").write_bytes(query)
        self._run(
            "ts", "-reply", "-config", "tsa.cnf", "-section", "authority", "-queryfile", "query.tsq",
            "-out", "reply.tsr",
        )  # fmt: skip
        return (self.folder / "reply.tsr").read_bytes()

    def _run(self, *arguments: str) -> None:
        assert OPENSSL is not None
        subprocess.run([OPENSSL, *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)


def asn1_time(moment: datetime) -> str:
    """A time as openssl's options take it."""
    return moment.strftime("%Y%m%d%H%M%SZ")
