"""Pools and nodes that mean ill: what they send costs no memory, no password, and no more time than was given."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from threading import Thread

import pytest

from hashwatt.bench.mining import node as node_module
from hashwatt.bench.mining.address import Login, NodeAddress
from hashwatt.bench.mining.client import PoolClient, PoolError
from hashwatt.bench.mining.node import Node, NodeError
from hashwatt.kernels.stratum.challenge_job import challenge_job
from hashwatt.kernels.stratum.messages import answer, parse, request

from .test_node import node, result
from .test_stratum import mining, pool

SECRET = "correct horse"
LIST = json.dumps({"id": 3, "result": None, "error": [24, f"no {SECRET} here", None]}).encode()


def greeted(connection: socket.socket, difficulty: float) -> None:
    """Answer the greeting."""
    for line in connection.makefile("rb"):
        message = parse(line)
        if message.method == "mining.subscribe":
            connection.sendall(answer(message.id, [[], "00000001", 4]))
        elif message.method == "mining.authorize":
            connection.sendall(answer(message.id, True) + request(None, "mining.set_difficulty", [difficulty]))
            return


def deaf_reader(connection: socket.socket) -> None:
    """Take what comes, so that only what is sent matters."""
    with suppress(OSError):
        while connection.recv(65_536):
            pass


def test_a_job_that_changes_every_millisecond_leaves_time_to_hash_and_ends_in_time() -> None:
    def talk(connection: socket.socket) -> None:
        greeted(connection, 1e6)
        Thread(target=deaf_reader, args=(connection,), daemon=True).start()
        for number in range(1 << 20):
            job = challenge_job("c", bytes(16), number, 1_790_000_000, 8, clean=True)
            connection.sendall(request(None, "mining.notify", job.parameters))
            time.sleep(0.001)

    with pool(talk) as address:
        one = mining(address, seconds=1.5)
        began = time.monotonic()
        one.run()
    assert one.hashes > 0
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("difficulty", ["1e999", "-0.0", "0", "1e-300", "null", '"1"', "[1]", "true", "1e300"])
def test_a_difficulty_that_cannot_be_is_told_in_a_sentence(difficulty: str) -> None:
    line = f'{{"id": null, "method": "mining.set_difficulty", "params": [{difficulty}]}}\n'.encode()
    with pytest.raises(PoolError) as caught:
        PoolClient(Login("w"), 1).take(line)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_pool_that_sends_a_line_of_a_megabyte_is_left() -> None:
    def talk(connection: socket.socket) -> None:
        greeted(connection, 1.0)
        connection.sendall(b'{"id": "' + b"x" * 1_000_000 + b'"}\n')
        deaf_reader(connection)

    with pool(talk) as address, pytest.raises(PoolError, match="no connection"):
        mining(address).run()


def test_a_pool_that_repeats_the_password_has_it_shown_by_nobody() -> None:
    client = PoolClient(Login("ana", SECRET), 1)
    with pytest.raises(PoolError) as caught:
        client.take(LIST)
    assert "no … here" in str(caught.value)
    assert SECRET not in str(caught.value)
    other = PoolClient(Login("ana", SECRET), 1)
    other._sent[10] = 1.0
    other.take(json.dumps({"id": 10, "result": None, "error": {"message": SECRET}}).encode())
    assert dict(other.rejected) == {"…": 1}
    # A password that everybody has is none, and would tear words apart.
    with pytest.raises(PoolError, match="x horse"):
        PoolClient(Login("ana"), 1).take(LIST.replace(b"correct", b"x"))


def test_a_node_that_sends_a_byte_now_and_then_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "EXCHANGE_S", 0.3)

    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(600):
            connection.sendall(b"x")
            time.sleep(0.05)

    began = time.monotonic()
    with pool(talk) as address, pytest.raises(NodeError, match="does not answer"):
        Node(NodeAddress(address.host, address.port, False), None).template()
    assert time.monotonic() - began < 15


def test_a_node_that_repeats_the_password_has_it_shown_by_nobody() -> None:
    refusal = 200, json.dumps({"result": None, "error": {"message": f"not {SECRET}"}}).encode()
    with node(lambda call: refusal) as address:
        with pytest.raises(NodeError) as caught:
            Node(address, Login("ana", SECRET)).template()
        assert SECRET not in str(caught.value)
    with node(lambda call: result(f"bad {SECRET}")) as address:
        assert Node(address, Login("ana", SECRET)).submit(b"") == "bad …"
