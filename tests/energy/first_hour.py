"""`python -m tests.energy.first_hour -o FILE`: what to measure first on a machine that has a meter at last.

Which meters there are; how coarse each really is, and how old its values; what reading costs; idleness; more and more
load, the inner meters beside the plug; and joules for the same work by two kernels. All of it goes into one file, step
by step, each in a process of its own with its own limit. `--root DIR` reads another machine's tree (HASHWATT_ROOT).

Exit code 0: something was measured; 1: nothing could be, and the file says why; 2: it was asked for wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from hashwatt.bench.machine.describe import describe_machine, hashwatt_version
from hashwatt.kernels.errors import HashwattError
from hashwatt.kernels.system.own_files import read_regular, write_atomically
from hashwatt.kernels.system.system_files import ROOT_VARIABLE, check_root

from .hour_steps import STEPS, Asked, NothingToDo

Record = dict[str, Any]
# Besides what is measured, a step may take so long: compiling, racing kernels, meters that wake up.
PATIENCE_S = 120.0
# How many measurements a step holds at most.
MEASUREMENTS = {"counter steps": 8, "load steps": 3, "two kernels": 2}
# Idleness before and after each run, warm-up, the roof.
AROUND_A_RUN_S = 15.0
MOST_BYTES = 16 << 20
REPOSITORY = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """See the module."""
    options = parser().parse_args(arguments)
    if options.root is not None:
        os.environ[ROOT_VARIABLE] = str(options.root.resolve())
    asked = Asked(tuple(options.meter), options.seconds, tuple(filter(None, options.kernels.split(","))))
    if options.step is not None:
        write_atomically(options.output, json.dumps(attempt(options.step, asked)).encode())
        return 0
    fault = fault_of(options)
    if fault:
        print(f"first_hour: {fault}", file=sys.stderr)
        return 2
    return hour(options)


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser("python -m tests.energy.first_hour", description=__doc__.partition("\n\n")[0])
    made.add_argument("-o", "--output", type=Path, required=True, help="the file to write (JSON); it must not exist")
    made.add_argument("-t", "--seconds", type=float, default=20.0, help="how long each measurement lasts (20)")
    made.add_argument("--meter", action="append", default=[], help="a further meter, such as shelly://HOST (repeat)")
    made.add_argument("--kernels", default="", help="the two kernels to compare, A,B (the fastest two)")
    made.add_argument("--root", type=Path, help="read /sys and /proc from this folder instead")
    made.add_argument("--limit", type=float, help="the most seconds a step may take (reckoned from -t)")
    made.add_argument("--only", action="append", choices=list(STEPS)[1:], help="only this step (repeat)")
    made.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    return made


def fault_of(options: argparse.Namespace) -> str:
    """What was asked for wrongly, in a sentence; empty where nothing was."""
    if not 1 <= options.seconds <= 3600:
        return f"-t {options.seconds:g} is no time for a measurement; give 1 to 3600 seconds"
    if options.limit is not None and not 1 <= options.limit <= 86_400:
        return f"--limit {options.limit:g} is no time for a step; give 1 to 86400 seconds"
    if options.output.exists() or options.output.is_symlink():
        return f"{options.output} exists already; choose another name"
    if not options.output.parent.is_dir():
        return f"there is no folder {options.output.parent}; make it first"
    try:
        check_root()
    except HashwattError as error:
        return str(error)
    return ""


def hour(options: argparse.Namespace) -> int:
    """All steps, one after another; the file is there whatever becomes of them."""
    report: Record = {
        "about": "the first hour with a meter",
        "hashwatt_version": hashwatt_version(),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "foreign_root": None if options.root is None else str(options.root),
        "seconds": options.seconds,
        "machine": msgspec.to_builtins(describe_machine()),
        "steps": [],
    }
    steps: list[Record] = report["steps"]
    try:
        for name in (one for one in STEPS if not steps or not options.only or one in options.only):
            first = steps[0] if steps else None
            if first is not None and first["status"] != "done":
                # Without meters the others have nothing to ask.
                steps.append({**first, "name": name, "seconds": 0.0, "reason": "as in the first step"})
            else:
                steps.append(in_a_process(name, options))
            told = steps[-1]
            because = f": {told['reason']}" if told["reason"] else ""
            print(f"{name}: {told['status']} ({told['seconds']:.1f} s){because}", flush=True)
            write_atomically(options.output, json.dumps(report, indent=1).encode())
    except KeyboardInterrupt:
        print(f"interrupted; what was measured stands in {options.output}", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"first_hour: {options.output} cannot be written ({error.strerror}); give another -o", file=sys.stderr)
        return 2
    print(f"Written: {options.output}")
    return 0 if any(step["status"] == "done" for step in steps[1:]) else 1


def limit_s(name: str, options: argparse.Namespace) -> float:
    """How long a step may take."""
    if options.limit is not None:
        return float(options.limit)
    return PATIENCE_S + MEASUREMENTS.get(name, 1) * (float(options.seconds) + AROUND_A_RUN_S)


def in_a_process(name: str, options: argparse.Namespace) -> Record:
    """One step, cut off at its limit."""
    limit, started = limit_s(name, options), time.monotonic()
    record: Record = {"name": name, "status": "failed", "reason": None, "limit_s": limit, "facts": None}
    with tempfile.TemporaryDirectory(prefix="hashwatt-hour-") as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-m", "tests.energy.first_hour", "--step", name, "-o", str(answer)]
        command += ["-t", str(options.seconds), "--kernels", options.kernels]
        command += [word for meter in options.meter for word in ("--meter", meter)]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        try:
            _, complaint = process.communicate(timeout=limit)
            record.update(json.loads(read_regular(answer, MOST_BYTES)))
        except subprocess.TimeoutExpired:
            record.update(status="out of time", reason=f"it took more than its {limit:g} s; give it a longer --limit")
        except (OSError, ValueError):
            last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit {process.returncode}"]
            record["reason"] = f"its process ended without an answer ({last[0][:300]})"
        finally:
            end(process)
    record["seconds"] = time.monotonic() - started
    return record


def end(process: subprocess.Popen[bytes]) -> None:
    """End a step's process and what it has started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()


def attempt(name: str, asked: Asked) -> Record:
    """A step's answer, whatever becomes of it."""
    try:
        return {"status": "done", "facts": STEPS[name](asked), "reason": None}
    except NothingToDo as nothing:
        return {"status": "nothing to do", "reason": str(nothing)}
    except Exception as error:
        reason = str(error) if isinstance(error, HashwattError) else f"{type(error).__name__}: {error}"
        return {"status": "failed", "reason": reason}


if __name__ == "__main__":
    sys.exit(main())
