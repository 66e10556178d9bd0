"""A node's RPC: what it refuses, and what it answers badly, in one sentence each."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from hashwatt.bench.mining.address import Login, NodeAddress, is_node, parse_node
from hashwatt.bench.mining.node import Node, NodeError, NodeMining
from hashwatt.kernels.device import Scan
from hashwatt.kernels.errors import InputError

from ...kernels.hashlib_device import HashlibDevice
from .test_block import REGTEST_GENESIS, SCRIPT, template
from .test_stratum import Silent

Answer = Callable[[dict[str, object]], tuple[int, bytes]]


@contextmanager
def node(answer: Answer, logins: list[str] | None = None) -> Iterator[NodeAddress]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if logins is not None:
                logins.append(self.headers.get("Authorization", ""))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, data = answer(json.loads(body))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield NodeAddress("127.0.0.1", server.server_port, False)
    finally:
        server.shutdown()
        server.server_close()


def result(value: object) -> tuple[int, bytes]:
    return 200, json.dumps({"id": 1, "result": value, "error": None}).encode()


class Paced(HashlibDevice):
    """Each scan takes 0.3 s of a clock of its own: how many there are does not hang on what else the machine does."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0

    def scan(self, nonces: range) -> Scan:
        self.clock += 0.3
        return super().scan(nonces)


def test_blocks_are_mined_and_counted_as_the_node_judges_them(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Paced()
    monkeypatch.setattr("hashwatt.bench.mining.node.time", SimpleNamespace(monotonic=lambda: device.clock))
    submitted: list[bytes] = []

    def answer(call: dict[str, object]) -> tuple[int, bytes]:
        match call["method"]:
            case "validateaddress":
                return result({"isvalid": True, "scriptPubKey": SCRIPT.hex()})
            case "getblocktemplate":
                return result(template(len(submitted) + 1, REGTEST_GENESIS))
            case _:
                parameters = call["params"]
                assert isinstance(parameters, list)
                submitted.append(bytes.fromhex(parameters[0]))
                return result("bad-txnmrklroot\x1b[0m" if len(submitted) == 2 else None)

    logins: list[str] = []
    with node(answer, logins) as address:
        mining = NodeMining(device, Node(address, Login("u", "p")), "addr", 4, Silent(), seconds=1.5)
        mining.run()
    told = mining.answer()
    assert told.accepted == len(submitted) - 1 > 1
    assert told.rejections == {"bad-txnmrklroot [0m": 1}
    assert told.rate_by_shares_hs is None
    assert told.hashes > 0
    assert set(logins) == {"Basic " + base64.b64encode(b"u:p").decode()}
    assert len(set(submitted)) == len(submitted)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((401, b""), "refuses the login"),
        ((200, b"<html>"), "no JSON-RPC"),
        ((500, b""), "no JSON-RPC"),
        ((200, b'{"result": 1}'), "no JSON-RPC"),
        ((200, b'{"result": NaN, "error": null}'), "no JSON-RPC"),
        (
            (200, b'{"result": null, "error": {"message": "Method not\\u001b found"}}'),
            "refuses validateaddress: Method not",
        ),
        (result({"isvalid": False}), "knows no address 'addr'"),
        (result({"isvalid": True}), "knows no address"),
        (result({"isvalid": True, "scriptPubKey": "zz"}), "tells no script"),
        (result([]), "knows no address"),
    ],
)
def test_a_node_that_cannot_be_used_is_told_in_one_sentence(reply: tuple[int, bytes], words: str) -> None:
    with node(lambda call: reply) as address, pytest.raises(NodeError, match=words) as caught:
        Node(address, Login("u", "geheim")).script_of("addr")
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_node_at_all_is_told() -> None:
    with node(lambda call: result(None)) as address:
        pass
    with pytest.raises(NodeError, match="does not answer"):
        Node(address, None).template()


def test_addresses_of_nodes() -> None:
    assert is_node("http://x")
    assert not is_node("stratum+tcp://x")
    assert not is_node("pool.example:3333")
    assert parse_node("http://ana:geheim@node:18443") == (NodeAddress("node", 18443, False), Login("ana", "geheim"))
    assert parse_node("https://node") == (NodeAddress("node", 8332, True), None)
    for bad in ("http://", "http://x:99999", "http://x/path", "ftp://x"):
        with pytest.raises(InputError, match="is no node"):
            parse_node(bad)
