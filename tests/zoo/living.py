"""Lives in a habitat: runs the main job, scans against hashlib, runs the conformance suite, each with a deadline."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from .habitats import CONFORMANCE, Habitat
from .homes import TREE, Home

RUN_SECONDS = "2"
HEADER = bytes(range(80))
START = 2_147_480_000
ZERO_BITS = 8
# A test's line as pytest -v prints it: the device it is about, and how it ended.
TEST_LINE = re.compile(r"^\S+::\w+\[(?P<device>[a-z]+(?::\d+)?)?(?P<check>\S*)\] (?P<ending>[A-Z]+)", re.MULTILINE)
# The summary's line of a test that did not pass, with the first line of its reason.
REASON_LINE = re.compile(r"^(?:FAILED|ERROR) \S+::\w+\[(?P<check>\S*)\] - (?P<words>.*)", re.MULTILINE)
CPU = "cpu"
PASSED, SKIPPED = "PASSED", "SKIPPED"
LAST_WORDS = 200
WIDTH = 500


@dataclass(frozen=True)
class Deadlines:
    """Seconds for each thing that is tried, before a habitat's patience multiplies them.

    A habitat that is imitated, or starved by others, is slow and does not hang: how many times `quiet_devices_s` its
    first command took is its patience, up to `most_patience`.
    """

    devices_s: float = 90.0
    run_s: float = 240.0
    scan_s: float = 150.0
    suite_s: float = 300.0
    # `devices` with PoCL of pip on two quiet cores of 2 GHz.
    quiet_devices_s: float = 6.0
    most_patience: float = 6.0

    def patience(self, habitat: Habitat, first: Ended) -> float:
        """By how much to multiply them, by how long the first command took."""
        return min(max(habitat.patience, first.seconds / self.quiet_devices_s), self.most_patience)


DEADLINES = Deadlines()


@dataclass(frozen=True)
class Ended:
    """How a command ended; `code` is None where it had to be cut off."""

    code: int | None
    out: str
    err: str
    seconds: float

    @property
    def words(self) -> str:
        """In a few words."""
        if self.code is None:
            return f"cut off after {self.seconds:.0f} s"
        if self.code < 0:
            return f"died of {_signal_name(-self.code)}"
        return f"exit {self.code}"

    @property
    def last_words(self) -> str:
        """The last line it said on standard error."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        return lines[-1][:LAST_WORDS] if lines else ""

    @property
    def document(self) -> Mapping[str, Any]:
        """The JSON document on its standard output; empty where there is none."""
        with contextlib.suppress(ValueError):
            document = json.loads(self.out)
            if isinstance(document, dict):
                return document
        return {}


@dataclass
class DeviceOutcome:
    """What became of one device: in the run, in a scan against hashlib, in the conformance suite."""

    id: str
    name: str
    run: str = "–"
    rate_hs: float | None = None
    kernel: str = ""
    scan: str = "–"
    suite: str = "–"


@dataclass
class Outcome:
    """What became of all that was tried in a habitat; `not_tried` says why, where nothing was."""

    habitat: str
    what: str
    not_tried: str = ""
    run: str = "–"
    devices: list[DeviceOutcome] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    # What the suite's failed checks said, a line each.
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def live(habitat: Habitat, home: Home, deadlines: Deadlines = DEADLINES) -> Outcome:
    """Try everything that is to be tried in the habitat, one after the other."""
    started_s = time.monotonic()
    outcome = Outcome(habitat.name, habitat.what)
    listed = hashwatt(home, deadlines.devices_s * habitat.patience, "devices", "--json")
    patience = deadlines.patience(habitat, listed)
    _list_devices(outcome, listed)
    if habitat.run:
        _run(outcome, home, deadlines.run_s * patience)
    for device in outcome.devices:
        device.scan = _scan(device.id, home, habitat.scan_nonces, deadlines.scan_s * patience)
    if outcome.devices:
        _suite(outcome, habitat, home, deadlines.suite_s * patience)
    outcome.seconds = time.monotonic() - started_s
    return outcome


def hashwatt(home: Home, limit_s: float, *arguments: str) -> Ended:
    """Run a command line of hashwatt in the habitat."""
    return command(home, limit_s, home.folder, "-m", "hashwatt", *arguments)


def command(home: Home, limit_s: float, folder: Path, *arguments: str) -> Ended:
    """Run the habitat's Python with these arguments, and end it and all it started at the deadline."""
    started_s = time.monotonic()
    process = subprocess.Popen(
        [str(home.python), *arguments],
        cwd=folder,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    code: int | None
    try:
        out, err = process.communicate(timeout=limit_s)
        code, seconds = process.returncode, time.monotonic() - started_s
    except subprocess.TimeoutExpired:
        code, seconds = None, limit_s
        _end(process)
        out, err = process.communicate()
    except BaseException:
        # Ctrl-C reaches the zoo alone: its inhabitants lead sessions of their own.
        _end(process)
        process.wait()
        raise
    return Ended(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), seconds)


def said(home: Home, limit_s: float, *arguments: str) -> Iterator[str]:
    """The lines that the habitat's Python says, as it says them; each has so long to come, else all of it is ended.

    Raises CutOff at a deadline, and where it does not end with 0.
    """
    process = subprocess.Popen(
        [str(home.python), *arguments],
        cwd=home.folder,
        env=home.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line.decode("utf-8", "replace").strip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    last = ""
    try:
        while (line := lines.get(timeout=limit_s)) is not None:
            last = line
            yield line
        if process.wait(limit_s):
            raise CutOff(f"ended with {process.returncode} after saying {last!r}")
    except (queue.Empty, subprocess.TimeoutExpired):
        raise CutOff(f"said nothing for {limit_s:.0f} s after {last!r}") from None
    finally:
        _end(process)
        process.wait()


class CutOff(Exception):
    """A program did not come to its end."""


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)


def _list_devices(outcome: Outcome, ended: Ended) -> None:
    if ended.code != 0:
        outcome.reasons.append(f"`devices`: {ended.words} {ended.last_words}".strip())
    for entry in ended.document.get("devices", ()):
        if entry["available"]:
            outcome.devices.append(DeviceOutcome(entry["id"], entry["name"]))
        elif entry["backend"] != "rtl":
            # The extra `rtl` is not installed in any habitat, and hardware in a simulator is another matter.
            outcome.reasons.append(entry["reason"])


def _run(outcome: Outcome, home: Home, limit_s: float) -> None:
    path = home.folder / "result.json"
    path.unlink(missing_ok=True)
    ended = hashwatt(home, limit_s, "run", "-q", "-t", RUN_SECONDS, "-o", str(path))
    outcome.run = ended.words if ended.code is None else f"{ended.words} in {ended.seconds:.0f} s"
    if not path.exists():
        outcome.run += f", no result: {ended.last_words}"
        return
    verified = hashwatt(home, limit_s, "verify", str(path))
    outcome.run += ", verified" if verified.code == 0 else f", NOT verified ({verified.words})"
    for entry in json.loads(path.read_text(encoding="utf-8"))["results"]:
        device = _device(outcome, entry["device"])
        device.run = entry["status"] + (f": {entry['reason']}" if entry["reason"] else "")
        device.rate_hs = entry["rate"] and entry["rate"]["value"]
        device.kernel = entry["kernel"]["name"] if entry["kernel"] else ""


def _device(outcome: Outcome, info: Mapping[str, Any]) -> DeviceOutcome:
    for device in outcome.devices:
        if device.id == info["id"]:
            return device
    outcome.devices.append(DeviceOutcome(info["id"], info["name"]))
    return outcome.devices[-1]


def _scan(device: str, home: Home, count: int, limit_s: float) -> str:
    arguments = f"scan -q -d {device} --header {HEADER.hex()} --zero-bits {ZERO_BITS} --start {START} --count {count}"
    ended = hashwatt(home, limit_s, *arguments.split(), "--json")
    if ended.code != 0:
        return f"{ended.words} {ended.last_words}".strip()
    found, checksum = by_hashlib(range(START, START + count))
    answer = ended.document
    right = answer.get("nonces") == found and answer.get("xor_h7") == checksum and answer.get("hashes") == count
    return "right" if right else "WRONG"


def by_hashlib(nonces: range) -> tuple[list[int], int]:
    """What a scan must answer, by Python's own hashlib: the nonces, and the XOR of the digests' last words."""
    found, checksum = [], 0
    for nonce in nonces:
        digest = sha256(sha256(HEADER[:76] + nonce.to_bytes(4, "little")).digest()).digest()
        checksum ^= int.from_bytes(digest[28:], "big")
        if int.from_bytes(digest, "little") < 1 << (256 - ZERO_BITS):
            found.append(nonce)
    return found, checksum


def _suite(outcome: Outcome, habitat: Habitat, home: Home, limit_s: float) -> None:
    options = ["-vv", "-rfE", "-p", "no:cacheprovider", "--timeout", str(int(limit_s))]
    if habitat.leave_out:
        options += ["-k", f"not ({habitat.leave_out})"]
    # pytest cuts reasons to the terminal's width.
    wide = replace(home, environment={**home.environment, "COLUMNS": str(WIDTH)})
    ended = command(wide, limit_s, TREE, "-m", "pytest", *options, habitat.suite)
    outcome.failures = [f"{line['check']}: {line['words']}" for line in REASON_LINE.finditer(ended.out)]
    for device in outcome.devices:
        if habitat.suite == CONFORMANCE:
            device.suite = suite_words(ended, device.id)
        elif device.id != CPU:
            device.suite = suite_words(ended, None)


def suite_words(ended: Ended, device: str | None) -> str:
    """How the suite went for a device: how many tests passed, which did not, and how it ended if not by itself.

    None: for all its tests, where the suite is about one runtime and names no devices.
    """
    lines = [
        (line["check"].strip("-"), line["ending"])
        for line in TEST_LINE.finditer(ended.out)
        if device in (None, line["device"])
    ]
    passed = sum(ending == PASSED for _, ending in lines)
    failed = [check or "hashes at all" for check, ending in lines if ending not in (PASSED, SKIPPED)]
    words = [f"{passed} passed"] if lines else ["no test ran"]
    if failed:
        words.append(f"{len(failed)} FAILED ({', '.join(failed[:3])}{', …' if failed[3:] else ''})")
    # pytest's own 0 and 1: all passed, or some failed.
    if ended.code not in (0, 1):
        words.append(ended.words)
    return ", ".join(words)


def _signal_name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
