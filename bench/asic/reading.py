"""One reading of a live miner: every figure that its dialect has, each with whose word it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...kernels.errors import InputError
from ..host_names import can_be_host, with_port
from ..result.printable import printable
from .dialects import Row, rows
from .fetch import API_PORT, HTTP_PORT, NoAnswer, ask_api, ask_http

# The whole reading, whatever the host does with the single questions.
DEADLINE_S = 15.0
SCHEMES = ("asic", "cgminer", "axeos", "epic")
# What a firmware calls itself in the reply to "version", in the order in which it is looked for.
FIRMWARES = (
    ("BOSminer", "braiins"),
    ("BOSer", "braiins"),
    ("btminer", "whatsminer"),
    ("whatsminer", "whatsminer"),
    ("LUXminer", "luxos"),
    ("vnish", "vnish"),
    ("Avalon", "avalon"),
    ("BFGMiner", "bfgminer"),
    ("BMMiner", "antminer"),
    ("Antminer", "antminer"),
    ("GCMiner", "auradine"),
    ("CGMiner", "cgminer"),
)
Ask = Callable[[str, int, str, float], object]


@dataclass(frozen=True)
class ReportedRate:
    """Hashes a second by the device's own word. `average_s`: over how long; None: it does not say."""

    name: str
    rate_hs: float
    average_s: float | None


@dataclass(frozen=True)
class ReportedPower:
    """Watts, and their origin: "reported" by what measures them, "estimated" where the firmware works them out."""

    watts: float
    origin: str


@dataclass(frozen=True)
class Reading:
    """What a miner says now; None and empty where it says nothing."""

    host: str
    firmware: str
    model: str
    rates: tuple[ReportedRate, ...]
    power: ReportedPower | None
    temperatures_c: tuple[float, ...]
    chips: int | None
    uptime_s: float | None

    @property
    def rate(self) -> ReportedRate | None:
        """The rate with the shortest averaging time that is told; else any."""
        told = sorted((rate for rate in self.rates if rate.average_s is not None), key=lambda rate: rate.average_s or 0)
        return next(iter([*told, *self.rates]), None)


@dataclass(frozen=True)
class Place:
    """Where a miner is, and how it is to be asked ("asic": find out)."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of_text(cls, text: str) -> Place:
        """asic:HOST, cgminer://HOST:PORT, axeos://HOST, epic://HOST, or HOST. Raises InputError."""
        scheme, colon, rest = text.partition(":")
        if not colon or scheme not in SCHEMES:
            scheme, rest = "asic", text
        try:
            parts = urlsplit(f"//{rest.removeprefix('//')}")
            host, port = parts.hostname, parts.port
            if not host or not can_be_host(host) or parts.path or parts.query or parts.username is not None:
                raise ValueError
        except ValueError:
            raise InputError(f"{text!r:.60} is no miner; give asic:HOST, cgminer://HOST or axeos://HOST") from None
        return cls(scheme, host, port)

    def __str__(self) -> str:
        return with_port(self.host, self.port)


def read(place: Place, api: Ask = ask_api, http: Ask = ask_http) -> Reading:
    """Ask the miner, with read commands only. Raises NoAnswer where nothing of it can be had."""
    questions = _Questions(place, api, http, time.monotonic() + DEADLINE_S)
    first: NoAnswer | None = None
    for dialect in {"asic": ("api", "axeos", "epic"), "cgminer": ("api",)}.get(place.scheme, (place.scheme,)):
        try:
            return questions.of_api() if dialect == "api" else questions.of_http(dialect)
        except NoAnswer as error:
            first = first or error
    assert first is not None
    raise first


class _Questions:
    """The replies of one miner, each asked for once."""

    def __init__(self, place: Place, api: Ask, http: Ask, end: float) -> None:
        self._place = place
        self._ask = {"api": api, "http": http}
        self._end = end
        self._replies: dict[tuple[str, str], object] = {}

    def of_api(self) -> Reading:
        """A miner with a cgminer-like API."""
        version = self._reply("api", "version")
        said = str(version)[:20_000].lower()
        firmware = next((name for word, name in FIRMWARES if word.lower() in said), "cgminer")
        summary = self._reply("api", "summary")
        reading = self._reading(firmware, {"cgminer", firmware}, _model(version))
        if not reading.rates and reading.uptime_s is None:
            raise NoAnswer(f"{self._place} tells neither a rate nor a time ({str(summary)[:30]!r}); is it a miner?")
        return reading

    def of_http(self, dialect: str) -> Reading:
        """A miner whose figures are one JSON document."""
        row = next(row for row in rows() if row.dialect == dialect)
        document = self._reply(row.transport, row.ask)
        reading = self._reading(dialect, {dialect}, _model(document))
        if not reading.rates:
            raise NoAnswer(f"{self._place} tells no rate as {dialect} does; is it another firmware?")
        return reading

    def _reply(self, transport: str, ask: str) -> object:
        key = (transport, ask)
        if key not in self._replies:
            left = self._end - time.monotonic()
            if left <= 0:
                raise NoAnswer(f"{self._place} took more than {DEADLINE_S:.0f} s for all answers; is it overloaded?")
            kind, _, port = transport.partition(":")
            default = int(port) if port else API_PORT if kind == "api" else HTTP_PORT
            own = self._place.port if self._place.scheme != "asic" or kind == "api" else None
            self._replies[key] = self._ask[kind](self._place.host, own or default, ask, min(left, 4.0))
        return self._replies[key]

    def _reading(self, firmware: str, dialects: set[str], model: str) -> Reading:
        rates: dict[str, ReportedRate] = {}
        power: ReportedPower | None = None
        temperatures: list[float] = []
        chips = uptime = None
        for row in (row for row in rows() if row.dialect in dialects):
            try:
                reply = self._reply(row.transport, row.ask)
            except NoAnswer:
                continue
            figures = row.figures(reply)
            if not figures:
                continue
            if row.quantity in ("rate", "rate-sum"):
                value = sum(figures) if row.quantity == "rate-sum" else figures[0]
                rates.setdefault(_name(row), ReportedRate(_name(row), value, _average(row)))
            elif row.quantity == "power":
                power = power or ReportedPower(figures[0], _origin(row, reply))
            elif row.quantity == "temperature":
                # 0 is what firmwares write that have no sensor there.
                temperatures.extend(figure for figure in figures if figure)
            elif row.quantity == "chips":
                chips = int(figures[0])
            else:
                uptime = figures[0]
        settled = tuple(
            ReportedRate(rate.name, rate.rate_hs, uptime if rate.average_s == -1.0 else rate.average_s)
            for rate in _told(list(rates.values()))
        )
        return Reading(self._place.host, firmware, model, settled, power, tuple(temperatures), chips, uptime)


def _told(rates: list[ReportedRate]) -> list[ReportedRate]:
    """The rates without zeros in fields that a firmware does not fill, such as cgminer's own counter beside Avalon's.

    A zero beside a rate of this very moment is no miner that stands still. Without such a rate it may be, and stays.
    """
    hashes_now = any(rate.rate_hs > 0 for rate in rates if rate.average_s is None)
    return [rate for rate in rates if rate.rate_hs > 0 or not hashes_now]


def _name(row: Row) -> str:
    """What the firmware calls the figure: the last name on the way to it."""
    if "[" in row.path:
        return row.path.rpartition("[")[2].rstrip("]")
    return next(step for step in reversed(row.path.split(".")) if not step.isdigit() and step != "*")


def _average(row: Row) -> float | None:
    """Seconds; -1 where it is the uptime, which is known later."""
    return -1.0 if row.average_s == "uptime" else float(row.average_s) if row.average_s else None


def _origin(row: Row, reply: object) -> str:
    if row.origin != "power-supply":
        return row.origin
    # Without a supply that measures, the firmware says PSU: false and works the watts out.
    measured = reply["POWER"][0].get("PSU") if isinstance(reply, dict) else None
    return "reported" if measured is True else "estimated"


def _model(reply: object) -> str:
    """What a miner calls itself, made fit to be shown; empty where it does not."""
    document = reply
    if isinstance(document, dict) and isinstance(document.get("VERSION"), list) and document["VERSION"]:
        document = document["VERSION"][0]
    if not isinstance(document, dict):
        return ""
    for name in ("Type", "PROD", "MODEL", "Model", "deviceModel", "boardVersion", "ASICModel"):
        if isinstance(document.get(name), str):
            return printable(document[name], 80)
    return ""
