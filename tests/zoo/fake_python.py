"""A habitat whose Python is a script: it answers hashwatt's commands and pytest as it is told, or crashes or hangs."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from .homes import Home
from .living import START, by_hashlib

# What a command does: print a text, write a file where -o says, wait, and end with a code or a signal.
SCRIPT = """#!{python}
import json, os, sys, time
arguments = sys.argv[1:]
command = arguments[2] if arguments[1] == "hashwatt" else "pytest"
action = json.loads(os.environ["ACTIONS"])[command]
print(action.get("out", ""))
print(action.get("err", ""), file=sys.stderr, flush=True)
if "file" in action:
    with open(arguments[arguments.index("-o") + 1], "w") as file:
        file.write(action["file"])
time.sleep(action.get("sleep_s", 0))
if "signal" in action:
    os.kill(os.getpid(), action["signal"])
sys.exit(action.get("code", 0))
"""
SUITE = """\
tests/kernels/test_conformance.py::test_a_device_of_this_machine_hashes[{id}] PASSED [ 10%]
tests/kernels/test_conformance.py::test_device[{id}-names_its_kernel] PASSED         [ 20%]
"""
Action = dict[str, Any]


def healthy(count: int) -> dict[str, Action]:
    """A habitat with one OpenCL device, which does everything right."""
    info = {"id": "opencl:0", "name": "a device"}
    found, checksum = by_hashlib(range(START, START + count))
    entry = {
        "device": info,
        "status": "measured",
        "reason": None,
        "rate": {"value": 65.4e6},
        "kernel": {"name": "opencl-x16"},
    }
    listing = {"devices": [{**info, "backend": "opencl", "available": True, "reason": None}]}
    scan = {"nonces": found, "xor_h7": checksum, "hashes": count}
    return {
        "devices": {"out": json.dumps(listing)},
        "run": {"file": json.dumps({"results": [entry]})},
        "verify": {},
        "scan": {"out": json.dumps(scan)},
        "pytest": {"out": SUITE.format(id="opencl:0")},
    }


def fake_home(folder: Path, actions: dict[str, Action]) -> Home:
    """A habitat that does so."""
    python = folder / "python"
    python.write_text(SCRIPT.format(python=sys.executable), encoding="utf-8")
    python.chmod(0o755)
    return Home(python, {**os.environ, "ACTIONS": json.dumps(actions)}, folder)
