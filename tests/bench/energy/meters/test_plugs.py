"""Plugs on loopback that answer well, badly, slowly, endlessly or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hashwatt.bench.energy.joules.readings import Window
from hashwatt.bench.energy.joules.record import energy_record
from hashwatt.bench.energy.meter import Meter, MeterError, Reading
from hashwatt.bench.energy.meters import http
from hashwatt.bench.energy.meters import shelly as plug_shelly
from hashwatt.bench.energy.meters import tasmota as plug_tasmota
from hashwatt.bench.energy.meters.registry import named
from hashwatt.bench.energy.sampler import MeterSampler
from hashwatt.kernels.errors import InputError

from ..readings import ABOUT_IT, ask, point

GIGABYTE = 1 << 30
SHELLY = {"id": 0, "source": "init", "output": True, "apower": 61.5, "voltage": 230.1, "aenergy": {"total": 1000.5}}
TASMOTA = {"StatusSNS": {"Time": "2025-01-01T00:00:00", "ENERGY": {"Total": 1.234, "Today": 0.1, "Power": 61}}}


def shelly(server: HTTPServer) -> Meter:
    return plug_shelly.from_text(f"{server.host}:{server.port}").open()


def tasmota(server: HTTPServer, channel: str = "") -> Meter:
    return plug_tasmota.from_text(f"{server.host}:{server.port}{channel}").open()


def answer(server: HTTPServer, body: str | bytes | Callable[[Request], Response], status: int = 200) -> None:
    asked = server.expect_request("/rpc/Switch.GetStatus", query_string="id=0")
    if callable(body):
        asked.respond_with_handler(body)
    else:
        asked.respond_with_data(body, status=status)


def test_a_shelly_tells_joules_and_watts(httpserver: HTTPServer) -> None:
    answer(httpserver, json.dumps(SHELLY))
    assert shelly(httpserver).read() == Reading((1000.5 * 3600,), 61.5)


def test_a_tasmota_tells_joules_and_watts(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cm", query_string="cmnd=Status%208").respond_with_json(TASMOTA)
    reading = tasmota(httpserver).read()
    assert reading.counters_j == pytest.approx((1.234 * 3.6e6,))
    assert reading.power_w == 61.0


def test_a_plug_with_several_channels_needs_one_to_be_named(httpserver: HTTPServer) -> None:
    energy = {"Total": [1.0, 2.0], "Power": [10, 20]}
    httpserver.expect_request("/cm").respond_with_json({"StatusSNS": {"ENERGY": energy}})
    assert tasmota(httpserver, "/1").read().power_w == 20
    with pytest.raises(MeterError, match="2 channels; name one"):
        tasmota(httpserver).read()
    with pytest.raises(MeterError, match="only 2 channels"):
        tasmota(httpserver, "/2").read()


def test_one_total_beside_listed_powers_is_not_the_channel_s(httpserver: HTTPServer) -> None:
    """Two relays behind one counter: 2000 W on channel 0, and the counter counts both."""
    energy = {"Total": 1234.5, "Power": [2000, 1500], "Voltage": 229.3, "Current": [8.7, 6.5]}
    httpserver.expect_request("/cm").respond_with_json({"StatusSNS": {"ENERGY": energy}})
    assert tasmota(httpserver, "/0").read() == Reading((None,), 2000.0)


def test_a_channel_that_a_plug_with_one_has_not_is_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cm").respond_with_json(TASMOTA)
    assert tasmota(httpserver, "/0").read().power_w == 61.0
    with pytest.raises(MeterError, match="only one channel"):
        tasmota(httpserver, "/1").read()


def test_a_tasmota_that_wants_a_password_says_so_with_status_200(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/cm").respond_with_json({"WARNING": "Need user=<username>&password=<password>"})
    with pytest.raises(MeterError, match="wants a password"):
        tasmota(httpserver).read()


@pytest.mark.parametrize(
    ("component", "told", "channel", "reading"),
    [
        ("PM1", {"id": 0, "apower": 61.5, "aenergy": {"total": 2.0}}, "", Reading((7200.0,), 61.5)),
        ("EM1", {"id": 0, "act_power": 120.5, "pf": 0.9}, "", Reading((None,), 120.5)),
        ("EM", {"id": 0, "a_act_power": 1.0, "b_act_power": 2.0, "total_act_power": 6.0}, "", Reading((None,), 6.0)),
        ("EM", {"id": 0, "a_act_power": 1.0, "b_act_power": 2.0, "total_act_power": 6.0}, "/1", Reading((None,), 2.0)),
    ],
)
def test_a_shelly_without_a_switch_is_asked_for_its_meter(
    httpserver: HTTPServer, component: str, told: dict[str, object], channel: str, reading: Reading
) -> None:
    httpserver.expect_request(f"/rpc/{component}.GetStatus", query_string="id=0").respond_with_json(told)
    missing = {"code": 404, "message": "No handler"}
    number = "1" if channel else "0"
    for other in {"Switch", "PM1", "EM1", "EM"} - {component}:
        httpserver.expect_request(f"/rpc/{other}.GetStatus", query_string=f"id={number}").respond_with_json(
            missing, 404
        )
    if channel:
        for other in ("PM1", "EM1"):
            httpserver.expect_request(f"/rpc/{other}.GetStatus").respond_with_json(missing, 404)
    meter = plug_shelly.from_text(f"{httpserver.host}:{httpserver.port}{channel}").open()
    assert meter.read() == reading
    asked = len(httpserver.log)
    assert meter.read() == reading
    assert len(httpserver.log) == asked + 1, "it is known by now which component there is"


def test_a_shelly_without_any_meter_says_so(httpserver: HTTPServer) -> None:
    for component in ("Switch", "PM1", "EM1", "EM"):
        httpserver.expect_request(f"/rpc/{component}.GetStatus").respond_with_json({"code": 404}, 404)
    with pytest.raises(MeterError, match="no Switch, PM1, EM1 or EM"):
        shelly(httpserver).read()


def test_power_that_is_fed_back_is_refused_with_its_reason(httpserver: HTTPServer) -> None:
    answer(httpserver, json.dumps({"id": 0, "apower": -312.4, "aenergy": {"total": 6350.991}}))
    with pytest.raises(MeterError, match="feeds power back"):
        shelly(httpserver).read()


def test_a_plug_without_a_meter_says_so(httpserver: HTTPServer) -> None:
    answer(httpserver, json.dumps({"id": 0, "output": True}))
    with pytest.raises(MeterError, match="no power meter"):
        shelly(httpserver).read()


@pytest.mark.parametrize(
    "apower",
    ["NaN", "Infinity", "-Infinity", "-3.0", "1e300", "1e999", '"61.5"', "null, null", "[61.5]", "true", "{}"],
)
def test_watts_that_cannot_be_are_refused(httpserver: HTTPServer, apower: str) -> None:
    answer(httpserver, f'{{"id": 0, "apower": {apower}}}')
    with pytest.raises(MeterError):
        shelly(httpserver).read()


@pytest.mark.parametrize(
    "body",
    ["", "off", "[]", "[" * 60_000, '{"apower": 1', b"\xff\xfe", b'{"apower": \xff}', '{"aenergy": {"total": -1}}'],
)
def test_answers_of_another_shape_are_refused(httpserver: HTTPServer, body: str | bytes) -> None:
    answer(httpserver, body)
    with pytest.raises(MeterError):
        shelly(httpserver).read()


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    answer(httpserver, lambda _: Response(status=302, headers={"Location": "/elsewhere"}))
    httpserver.expect_request("/elsewhere").respond_with_json(SHELLY)
    with pytest.raises(MeterError, match="redirect"):
        shelly(httpserver).read()
    assert [request.path for request, _ in httpserver.log] == ["/rpc/Switch.GetStatus"]


def test_a_password_is_not_asked_for(httpserver: HTTPServer) -> None:
    answer(httpserver, "", status=401)
    with pytest.raises(MeterError, match="wants a password"):
        shelly(httpserver).read()


def test_a_gigabyte_is_not_taken_in(httpserver: HTTPServer) -> None:
    sent = 0

    def flood(_: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            nonlocal sent
            while sent < GIGABYTE:
                sent += 1 << 16
                yield b" " * (1 << 16)

        return Response(pieces(), status=200)

    answer(httpserver, flood)
    with pytest.raises(MeterError, match="longer than any meter's"):
        shelly(httpserver).read()
    # What lay in the buffers in between, and not the rest.
    assert sent < GIGABYTE / 10


class Listener:
    """A server of one's own, for what no HTTP library would send."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        connection, _ = self._socket.accept()
        with connection, self._socket:
            try:
                self._serve(connection)
            except OSError:
                return


def meter_with_deadline(address: str, deadline_s: float) -> Callable[[], bytes]:
    parsed = http.parse_address("shelly", address)
    return lambda: http.get(parsed, "/", deadline_s)


def test_a_plug_that_times_out_is_given_up_at_the_deadline() -> None:
    listener = Listener(lambda connection: time.sleep(60))
    started = time.monotonic()
    with pytest.raises(MeterError, match=r"did not answer within 0\.3 s"):
        meter_with_deadline(listener.address, 0.3)()
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
def test_a_plug_that_answers_byte_by_byte_is_given_up_at_the_deadline(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(head)
        while True:
            connection.sendall(b"X")
            time.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(MeterError, match=r"did not answer within 0\.4 s"):
        meter_with_deadline(Listener(drip).address, 0.4)()
    assert time.monotonic() - started < 30, "it would drip for ever"


@pytest.mark.parametrize("rubbish", [b"", b"\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n", b"\0" * 100])
def test_a_plug_that_speaks_another_language_is_refused(rubbish: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(rubbish)

    with pytest.raises(MeterError):
        meter_with_deadline(Listener(speak).address, 1.0)()


def test_a_plug_that_is_not_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(MeterError, match="cannot be reached"):
        plug_shelly.from_text(f"127.0.0.1:{port}").open().read()


@pytest.mark.parametrize("text", ["", "a b", "host/path", "host:99999", "host:0", "host?x=1", "[::1", "host#", "h/1/2"])
def test_addresses_that_name_no_host_are_bad_input(text: str) -> None:
    with pytest.raises(InputError, match="names no host"):
        named(f"shelly://{text}")


def test_credentials_are_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="no user name or password") as refusal:
        named("shelly://admin:secret@192.168.1.50")
    assert "secret" not in str(refusal.value)


def test_a_host_a_port_and_a_channel_are_understood() -> None:
    assert http.parse_address("shelly", "plug.lan:8080/2") == http.Address("plug.lan", 8080, 2)
    assert http.parse_address("shelly", "[fe80::1]") == http.Address("[fe80::1]", 80, None)


def test_a_plug_that_resets_its_counter_is_measured_by_its_watts() -> None:
    meter = plug_shelly.from_text("192.168.1.50").open()
    points = [
        point(float(second), Reading(((7200.0 + 60 * second) if second < 150 else 60.0 * (second - 150),), 60.0))
        for second in range(301)
    ]
    record = energy_record(meter.info, points, Window(0.0, 300.0), ABOUT_IT)
    assert record.method == "sampled power"
    assert record.gross_j == pytest.approx(18_000.0)
    assert record.low_j is not None
    assert record.high_j is not None
    assert record.low_j < 18_000 < record.high_j < 19_000


def test_a_counter_that_steps_by_3600_j_is_no_figure_for_a_short_window() -> None:
    info = plug_tasmota.from_text("192.168.1.50").info
    points = [point(float(second), Reading((3600.0 * (second // 36),), None)) for second in range(61)]
    record = energy_record(info, points, Window(0.0, 60.0), ABOUT_IT)
    assert record.gross_j is None
    assert record.high_j is not None
    assert record.high_j >= 6000
    assert "too short for this meter" in (record.reason or "")
    assert "-t " in (record.reason or "")


def test_a_plug_that_fails_during_a_run_leaves_its_gap_recorded(httpserver: HTTPServer) -> None:
    calls = 0

    def sometimes(_: Request) -> Response:
        nonlocal calls
        calls += 1
        return Response("" if calls in (3, 4) else json.dumps(SHELLY), status=500 if calls in (3, 4) else 200)

    answer(httpserver, sometimes)
    meter = shelly(httpserver)
    points = [ask(meter, float(second)) for second in range(61)]
    record = energy_record(meter.info, points, Window(0.0, 60.0), ABOUT_IT)
    assert record.gross_j == pytest.approx(61.5 * 60)
    assert record.gaps == 1


def test_a_plug_that_is_gone_for_the_whole_run_costs_only_its_own_figure(httpserver: HTTPServer) -> None:
    httpserver.stop()
    found = plug_shelly.from_text(f"{httpserver.host}:{httpserver.port}")
    with MeterSampler([found]) as sampler:
        window = sampler.window(0.2)
        points = sampler.points(found.info.id)
    httpserver.start()
    record = energy_record(found.info, points, window, ABOUT_IT)
    assert record.gross_j is None
    assert "cannot be reached" in (record.reason or "")
    assert record.gaps


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "reply",
    [
        HEAD + b"Content-Length: 99999999999\r\n\r\n{}",
        HEAD + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"F" * 300 + b"\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"5\r\naaaaa\r\n" * 100_000,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X-A: b\r\n" * 100_000,
        HEAD + b"X-A: b\r\n" * 100_000,
        HEAD + b"X: " + b"a" * 1_000_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
        b"HTTP/1.1 \xff\xff \x1b[2J\r\n\r\n",
        b"\x00\xff\x16\x03\x01\x1b[2J",
        b"",
    ],
    ids=[
        "length", "more than a word", "chunk", "chunk of more than a word", "negative chunk", "chunks without end",
        "trailers without end", "headers without end", "header without end", "continue without end", "redirect",
        "status", "garbage", "nothing",
    ],
)  # fmt: skip
def test_no_answer_costs_more_than_a_sentence(reply: bytes) -> None:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        with pytest.raises(MeterError) as raised:
            http.get(http.Address("127.0.0.1", listener.getsockname()[1], None), "/")
        thread.join(10)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 160
