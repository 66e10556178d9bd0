"""What a pool's lines mean to our client, good ones and bad."""

from __future__ import annotations

import json
import struct
import subprocess
import sys

import pytest

from hashwatt.bench.mining.address import Login, PoolAddress, parse_pool, read_login
from hashwatt.bench.mining.client import PoolClient, PoolError
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.stratum.challenge_job import challenge_job

JOB = challenge_job("c", bytes(16), 1, 1_790_000_000, 8, clean=True)


def line(**parts: object) -> bytes:
    return json.dumps({"id": None, "error": None, **parts}).encode() + b"\n"


def connected(rolled: int = 1) -> PoolClient:
    client = PoolClient(Login("w"), rolled)
    if rolled > 1:
        client.take(line(id=1, result={"version-rolling": True, "version-rolling.mask": "1fffe000"}))
    client.take(line(id=2, result=[[], "00000007", 4]))
    client.take(line(id=3, result=True))
    client.take(line(method="mining.set_difficulty", params=[0.25]))
    client.take(line(method="mining.notify", params=JOB.parameters))
    return client


def test_the_greeting_asks_for_version_rolling_only_where_it_is_wanted() -> None:
    plain = PoolClient(Login("w", "secret"), 1).greeting("a/1")
    rolled = PoolClient(Login("w"), 16).greeting("a/1")
    assert b"mining.configure" not in plain
    assert [json.loads(one)["method"] for one in rolled.splitlines()] == [
        "mining.configure", "mining.subscribe", "mining.authorize",
    ]  # fmt: skip
    assert json.loads(plain.splitlines()[1])["params"] == ["w", "secret"]


def test_headers_never_repeat_and_carry_the_pools_difficulty() -> None:
    client = connected()
    tasks = [client.task() for _ in range(100)]
    prefixes = {task.header.prefixes[0] for task in tasks if task}
    assert len(prefixes) == 100
    assert all(task is not None and task.difficulty == 0.25 for task in tasks)


def test_a_difficulty_holds_for_the_jobs_after_it() -> None:
    client = connected()
    client.take(line(method="mining.set_difficulty", params=[8]))
    task = client.task()
    assert task is not None
    assert task.difficulty == 0.25
    client.take(line(method="mining.notify", params=JOB.parameters))
    task = client.task()
    assert task is not None
    assert task.difficulty == 8


def test_a_rolled_share_names_its_version_bits() -> None:
    client = connected(rolled=4)
    task = client.task()
    assert task is not None
    assert len(task.header.prefixes) == 4
    params = json.loads(client.submit(task, 3, 7))["params"]
    version = struct.unpack_from("<I", task.header.prefixes[3])[0]
    assert int(params[5], 16) == version & 0x1FFFE000
    assert params[4] == "00000007"


def test_a_pool_that_grants_no_rolling_gets_plain_shares() -> None:
    client = PoolClient(Login("w"), 16)
    client.take(line(id=1, result={"version-rolling": False}))
    client.take(line(id=2, result=[[], "00", 2]))
    client.take(line(method="mining.notify", params=JOB.parameters))
    task = client.task()
    assert task is not None
    assert task.versions == 1
    assert len(json.loads(client.submit(task, 0, 1))["params"]) == 5


def test_accepted_and_rejected_are_counted_with_the_pools_reason() -> None:
    client = connected()
    task = client.task()
    assert task is not None
    for nonce in range(3):
        client.submit(task, 0, nonce)
    assert client.unanswered == 3
    client.take(line(id=10, result=True))
    client.take(line(id=11, result=None, error=[21, "Job not found\x1b[31m", None]))
    client.take(line(id=12, result=False))
    client.take(line(id=999, result=True))
    assert client.accepted == 1
    assert client.accepted_work == 0.25
    assert dict(client.rejected) == {"Job not found [31m": 1, "no reason given": 1}
    assert client.unanswered == 0


def test_a_clean_job_takes_back_what_was_before() -> None:
    client = connected()
    generation = client.generation
    assert client.wants(generation)
    client.take(line(method="mining.notify", params=[*JOB.parameters[:8], False]))
    assert client.wants(generation)
    client.take(line(method="mining.notify", params=JOB.parameters))
    assert not client.wants(generation)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "does not speak Stratum"),
        (line(id=3, result=False, error=[24, "Unauthorized", None]), "refuses the worker 'w': Unauthorized"),
        (line(id=2, result=None, error="closed"), "subscription cannot be used: closed"),
        (line(id=2, result=[[], "zz", 4]), "subscription cannot be used"),
        (line(id=2, result=[[], "00" * 100, 4]), "subscription cannot be used"),
        (line(id=2, result=[[], "00", 10**9]), "subscription cannot be used"),
        (line(method="mining.set_difficulty", params=["hard"]), "difficulty"),
        (line(method="mining.set_difficulty", params=[True]), "difficulty"),
        (line(method="mining.set_difficulty", params=[-1]), "difficulty"),
        (line(method="mining.set_difficulty", params=[]), "difficulty"),
        (line(method="mining.set_difficulty", params=[10**400]), "difficulty"),
        (b'{"id": null, "method": "mining.set_difficulty", "params": [NaN]}\n', "does not speak Stratum"),
        (line(method="mining.notify", params=["1"]), "1 parts"),
        (line(method="mining.notify", params=[*JOB.parameters[:1], "zz", *JOB.parameters[2:]]), "previous hash"),
    ],
)
def test_a_pool_that_cannot_be_used_is_told_in_one_sentence(bad: bytes, words: str) -> None:
    with pytest.raises(PoolError, match=words) as caught:
        PoolClient(Login("w"), 1).take(bad)
    assert "\n" not in str(caught.value)


def test_a_wish_to_connect_elsewhere_only_connects_again() -> None:
    with pytest.raises(ConnectionError):
        connected().take(line(method="client.reconnect", params=["evil.example", 1]))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("stratum+tcp://pool.example:3333", PoolAddress("pool.example", 3333, False)),
        ("pool.example:25", PoolAddress("pool.example", 25, False)),
        ("stratum+ssl://pool.example:443", PoolAddress("pool.example", 443, True)),
        ("stratum+tcp://[::1]:3333", PoolAddress("::1", 3333, False)),
        ("pool.example", PoolAddress("pool.example", 3333, False)),
    ],
)
def test_addresses(url: str, expected: PoolAddress) -> None:
    assert parse_pool(url) == (expected, None)
    # What is shown names the same place again.
    assert parse_pool(f"{url.partition('://')[0] if '://' in url else 'stratum+tcp'}://{expected}") == (expected, None)


@pytest.mark.parametrize("url", ["", "ftp://x:1", "stratum+tcp://", "stratum+tcp://x:99999", "stratum+tcp://[::1"])
def test_what_is_no_pool_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="is no pool"):
        parse_pool(url)


def test_a_password_is_in_no_message_and_no_representation(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    _, login = parse_pool("stratum+tcp://ana:geheim@pool.example:3333")
    assert login == Login("ana", "geheim")
    assert "geheim" not in repr(login)
    with pytest.raises(InputError) as caught:
        parse_pool("http://ana:geheim@pool.example")
    assert "geheim" not in str(caught.value)
    file = tmp_path / "login"
    file.write_text("ana:aus der Datei\n", encoding="utf-8")
    monkeypatch.setenv("HASHWATT_POOL_LOGIN", "ana:aus der Umgebung")
    assert read_login(None, str(file), login).password == "aus der Datei"
    assert read_login("bob", None, login) == Login("bob")
    assert read_login(None, None, login).password == "aus der Umgebung"
    monkeypatch.delenv("HASHWATT_POOL_LOGIN")
    assert read_login(None, None, login) is login
    assert read_login(None, None, None) == Login("hashwatt")


@pytest.mark.parametrize("content", [b"", b":only a password", b"a:b\nc:d", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_holds_no_login_is_refused(tmp_path, content: bytes) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "login"
    file.write_bytes(content)
    with pytest.raises(InputError, match="holds no login"):
        read_login(None, str(file), None)
    with pytest.raises(InputError, match="cannot be read"):
        read_login(None, str(tmp_path / "none"), None)


def test_what_a_pool_sends_is_bounded_also_where_asserts_are_left_out() -> None:
    code = (
        "from hashwatt.bench.mining.address import Login\n"
        "from hashwatt.bench.mining.block import Template\n"
        "from hashwatt.bench.mining.client import PoolClient, PoolError\n"
        "from hashwatt.kernels.errors import InputError\n"
        "def refused(call, kind):\n"
        "    try:\n"
        "        call()\n"
        "    except kind:\n"
        "        return True\n"
        "pool = PoolClient(Login('w'), 1)\n"
        'wide = b\'{"id": 2, "error": null, "result": [[], "00", 1000000]}\\n\'\n'
        "print(refused(lambda: pool.take(wide), PoolError))\n"
        "print(refused(lambda: Template.of_reply({'transactions': {}}), InputError))\n"
    )
    told = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True", "True"]
