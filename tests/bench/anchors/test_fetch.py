"""Servers that are slow, endless or not what they should be: one sentence, and in time."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashwatt.bench.anchors.fetch import NoAnswer, fetch
from hashwatt.kernels.errors import HashwattError

from .authority import CURVE, OPENSSL, needs_openssl

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(talk: Talk) -> Iterator[int]:
    """A server that does to each connection what it is told to; its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join(10)


def says(text: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(text)

    return talk


def drips(before: bytes) -> Talk:
    """A byte now and then, each soon enough for a timeout that begins anew with each byte."""

    def talk(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(before)
        # Until whoever asked has left, which ends it with an OSError.
        while True:
            connection.sendall(b"x")
            time.sleep(0.1)

    return talk


def hangs(connection: socket.socket) -> None:
    """Until whoever asked has left."""
    while connection.recv(4096):
        pass


@pytest.mark.parametrize(
    "talk",
    [drips(b"HTTP/1.1 200 OK\r\n\r\n"), drips(b"HTTP/1.1 200 OK\r\nX: "), drips(b""), hangs],
    ids=["a slow body", "slow headers", "a slow status", "no answer"],
)
def test_a_slow_server_is_left_at_the_deadline(talk: Talk) -> None:
    started = time.monotonic()
    with serving(talk) as port, pytest.raises(NoAnswer, match="gave no answer within"):
        fetch(f"http://127.0.0.1:{port}/", accept="*/*", deadline_s=0.5)
    assert time.monotonic() - started < 15


def test_a_server_that_hangs_in_the_handshake_is_left_at_the_deadline() -> None:
    started = time.monotonic()
    with serving(hangs) as port, pytest.raises(NoAnswer):
        fetch(f"https://127.0.0.1:{port}/", accept="*/*", deadline_s=0.5)
    assert time.monotonic() - started < 15


def test_a_resolver_that_hangs_is_left_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def asleep(*_arguments: object, **options: object) -> object:
        if options.get("flags"):
            raise socket.gaierror("no number")
        over.wait()
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", asleep)
    with pytest.raises(NoAnswer, match="gave no answer within"):
        fetch("http://beacon.example/", accept="*/*", deadline_s=0.3)
    over.set()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "does not answer as a web server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer as a web server"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "does not answer as a web server"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", "does not answer|states a longer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\nx", "states an answer of over"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000, "sends more than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + b"x" * 300_000, "sends more than"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "does not answer as a web server"),
        (b"HTTP/1.1 301 Away\r\nLocation: http://127.0.0.1/\r\n\r\n", "sends elsewhere"),
        (b"HTTP/1.1 404 No\r\n\r\n", "status 404"),
    ],
)
def test_what_is_no_answer_is_one_sentence(answer: bytes, sentence: str) -> None:
    with serving(says(answer)) as port, pytest.raises(NoAnswer, match=sentence) as refusal:
        fetch(f"http://127.0.0.1:{port}/", accept="*/*", deadline_s=10)
    assert len(str(refusal.value)) <= 120


def test_a_plain_answer_is_its_body() -> None:
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nvalue")) as port:
        assert fetch(f"http://127.0.0.1:{port}/", accept="*/*") == b"value"


def test_nobody_listening_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NoAnswer, match="cannot be reached"):
        fetch(f"http://127.0.0.1:{port}/", accept="*/*")


@pytest.mark.parametrize("host", ["a" * 300, "x..y", "\u2603.example"])
def test_a_host_that_cannot_be_is_one_sentence(host: str) -> None:
    with pytest.raises(HashwattError) as refusal:
        fetch(f"http://{host}/", accept="*/*", deadline_s=5)
    assert len(str(refusal.value)) <= 120


@needs_openssl
class TestUnderTLS:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        import subprocess

        assert OPENSSL is not None
        subprocess.run(
            [OPENSSL, "req", "-x509", *CURVE, "-keyout", "key.pem", "-out", "cert.pem", "-days", "9",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
            cwd=tmp_path, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        return tmp_path

    @staticmethod
    def secured(folder: Path, talk: Talk) -> Talk:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

        def talk_tls(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as inner:
                talk(inner)

        return talk_tls

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, certificate: Path) -> None:
        talk = self.secured(certificate, says(b"HTTP/1.1 200 OK\r\n\r\nvalue"))
        with serving(talk) as port, pytest.raises(NoAnswer, match="cannot be reached"):
            fetch(f"https://127.0.0.1:{port}/", accept="*/*", deadline_s=10)

    def test_deadline_and_cap_hold_inside(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        good = self.secured(certificate, says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nvalue"))
        with serving(good) as port:
            assert fetch(f"https://127.0.0.1:{port}/", accept="*/*", deadline_s=10) == b"value"
        endless = self.secured(certificate, says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000))
        with serving(endless) as port, pytest.raises(NoAnswer, match="sends more than"):
            fetch(f"https://127.0.0.1:{port}/", accept="*/*", deadline_s=10)
        slow = self.secured(certificate, drips(b"HTTP/1.1 200 OK\r\n\r\n"))
        with serving(slow) as port, pytest.raises(NoAnswer, match="gave no answer within"):
            fetch(f"https://127.0.0.1:{port}/", accept="*/*", deadline_s=0.8)
