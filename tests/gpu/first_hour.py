"""What a machine with a GPU should answer first, in one go: at most seven minutes, no network, no root.

    python tests/gpu/first_hour.py -o first-hour

Every step is a process of its own with a limit of its own, and `results.json` in the folder is written anew after each:
whatever hangs or crashes costs its own answer only. Without a GPU, `--as-if opencl:0` rehearses all of it on another
device. Needs hashwatt and what that needs, nothing else (see docs/opencl.md for a machine without a network).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve().parent
TOTAL_S = 420.0
# Of a step's output, what is kept where it failed.
LAST_WORDS = 4000
MOST_OUTPUT = 4 << 20
NOTHING_STARTS_UNDER_S = 3.0
FORMAT = 1

Json = dict[str, Any]


@dataclass
class Hour:
    """What is known so far: the card, and what each step answered."""

    folder: Path
    as_if: str | None = None
    device: Json = field(default_factory=dict)
    path: str = "nothing"
    steps: list[Json] = field(default_factory=list)

    @property
    def device_id(self) -> str:
        """As `hashwatt run -d` takes it."""
        return str(self.device["id"])

    def write(self) -> None:
        """Put it all into the folder's results.json, whole or not at all."""
        record = {
            "format": FORMAT,
            "as_if": self.as_if,
            "path": self.path,
            "device": self.device,
            "steps": self.steps,
        }
        unfinished = self.folder / "results.json.part"
        unfinished.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(self.folder / "results.json")


@dataclass(frozen=True)
class Step:
    """A question: the command that answers it, in how many seconds, and whether it makes sense without a device."""

    name: str
    limit_s: float
    command: Callable[[Hour], list[str]]
    needs_device: bool = True


class GaveUp(Exception):
    """A step did not answer: the status, and why; `so_far` is what it had said until then."""

    def __init__(self, status: str, why: str, so_far: Any = None) -> None:
        super().__init__(why)
        self.status = status
        self.so_far = so_far


def run_step(command: Sequence[str], limit_s: float) -> Any:
    """The JSON that a command prints. Raises GaveUp; nothing of it goes on running."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            # Its own group, so that its workers end with it.
            process = subprocess.Popen(
                command, stdout=out, stderr=err, env=environment, start_new_session=os.name == "posix"
            )
        except OSError as error:
            raise GaveUp("failed", f"{command[0]} cannot be started: {error}") from error
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise GaveUp("timed out", f"no answer within {limit_s:.0f} s", _last_answer(_read(out))) from error
        except BaseException:
            _end(process)
            raise
        text, words = _read(out), _read(err).strip()[-LAST_WORDS:]
    answer = _last_answer(text)
    if code:
        raise GaveUp("failed", f"exit code {code}: {words}", answer)
    if answer is None:
        raise GaveUp("failed", f"its answer is no JSON: {text[:200]!r}; {words}")
    return answer


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT).decode(errors="replace")


def _last_answer(text: str) -> Any:
    """The document that a text is, or the last of its lines that is one; None where there is none."""
    for part in (text, *reversed(text.splitlines())):
        try:
            return json.loads(part)
        except ValueError:
            continue
    return None


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def hashwatt(*arguments: str) -> list[str]:
    """A command of hashwatt's."""
    return [sys.executable, "-m", "hashwatt", *arguments]


def own(name: str, *arguments: str) -> list[str]:
    """A step of ours (see `steps.py`)."""
    return [sys.executable, str(HERE / "steps.py"), name, *arguments]


def measured(name: str, seconds: int, *more: str) -> Callable[[Hour], list[str]]:
    """`hashwatt run` on the card, stored in the folder."""

    def command(hour: Hour) -> list[str]:
        file = str(hour.folder / f"{name}.json")
        return hashwatt("run", "-d", hour.device_id, "-t", str(seconds), *more, "--force", "-o", file, "--json")

    return command


def verified(name: str) -> Callable[[Hour], list[str]]:
    """`hashwatt verify` of what was stored: a part of a card's work that a CPU can do again in seconds."""
    return lambda hour: hashwatt("verify", "--effort", "3", "--json", str(hour.folder / f"{name}.json"))


# The card is asked first, then what decides, then what is nice to know. The limits of all together are more than there
# is: a step that needs less leaves it to the others.
STEPS = (
    Step("machine", 20, lambda hour: own("machine"), needs_device=False),
    Step("devices", 60, lambda hour: hashwatt("devices", "--json"), needs_device=False),
    Step("properties", 30, lambda hour: own("properties", hour.device_id)),
    Step("run", 100, measured("run", 20)),
    Step("verify", 40, verified("run")),
    Step("variants", 90, lambda hour: own("variants", hour.device_id, "80")),
    Step("pipes", 50, lambda hour: own("pipes", hour.device_id, "40")),
    Step("energy", 40, lambda hour: own("energy", hour.device_id, "8")),
    Step("rolled", 60, measured("rolled", 8, "--rolled", "64")),
    Step("verify rolled", 30, verified("rolled")),
    Step("meters", 30, lambda hour: hashwatt("meters", "--json"), needs_device=False),
    Step("prediction", 20, lambda hour: own("prediction", str(hour.device["name"]))),
)
WORKLOADS = Step("workloads", 20, lambda hour: hashwatt("workloads", "--json"), needs_device=False)


def workload_step(name: str) -> Step:
    """Another kind of work on the card."""
    return Step(f"workload {name}", 45, measured(f"workload-{name}", 5, "--workload", name))


def choose(answer: Json, as_if: str | None) -> tuple[str, Json]:
    """By which path the card is reached, and what it is: OpenCL's GPU, else CUDA's, or the device to rehearse on.

    Raises GaveUp with what the backends say where there is none.
    """
    shown = [entry for entry in answer["devices"] if entry.get("available")]
    if as_if is not None:
        for entry in shown:
            if entry["id"] == as_if:
                return "as if", entry
        raise GaveUp("failed", f"there is no device {as_if}; there are {', '.join(entry['id'] for entry in shown)}")
    for backend, path in (("opencl", "OpenCL"), ("cuda", "CUDA, since no OpenCL platform shows the card")):
        for entry in shown:
            if entry["backend"] == backend and entry.get("kind") == "gpu":
                return path, entry
    reasons = [str(entry.get("reason")) for entry in answer["devices"] if not entry.get("available")]
    raise GaveUp("failed", "no GPU is shown: " + " | ".join(reasons))


def take(hour: Hour, step: Step, left_s: float, patience: float = 1.0) -> Any:
    """Answer one question and keep what came of it; None where nothing did."""
    record: Json = {"name": step.name, "status": "skipped", "seconds": 0.0, "limit_s": step.limit_s}
    started = time.monotonic()
    answer = None
    try:
        if step.needs_device and not hour.device:
            raise GaveUp("skipped", "there is no device to ask")
        limit_s = min(step.limit_s * patience, left_s)
        if limit_s < NOTHING_STARTS_UNDER_S:
            raise GaveUp("skipped", "no time was left")
        answer = run_step(step.command(hour), limit_s)
        record["status"] = "done"
        record["answer"] = answer
    except GaveUp as reason:
        record["status"] = reason.status
        record["why"] = str(reason)
        if reason.so_far is not None:
            record["so_far"] = reason.so_far
    record["seconds"] = round(time.monotonic() - started, 2)
    hour.steps.append(record)
    print(f"{record['status']:>9}  {record['seconds']:6.1f} s  {step.name}  {record.get('why', '')[:300]}", flush=True)
    return answer


def first_hour(
    folder: Path,
    as_if: str | None = None,
    total_s: float = TOTAL_S,
    steps: Sequence[Step] = (*STEPS, WORKLOADS),
    patience: float = 1.0,
) -> Hour:
    """Answer all questions, in at most `total_s`; `patience` times the limit is what each step may take."""
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + total_s
    hour = Hour(folder, as_if)
    hour.write()
    queue = list(steps)
    while queue:
        step = queue.pop(0)
        answer = take(hour, step, end - time.monotonic(), patience)
        if step.name == "devices" and answer is not None:
            try:
                hour.path, hour.device = choose(answer, as_if)
                print(f"{hour.device['name']}, by {hour.path}", flush=True)
            except GaveUp as reason:
                hour.steps[-1]["status"] = reason.status
                hour.steps[-1]["why"] = str(reason)
                print(reason, flush=True)
        if step.name == "workloads" and answer is not None:
            queue += [workload_step(str(entry["name"])) for entry in answer["workloads"] if entry["name"] != "sha256d"]
        hour.write()
    return hour


def worked(hour: Hour) -> bool:
    """Whether the main question is answered: a rate that verifies."""
    done = {step["name"] for step in hour.steps if step["status"] == "done"}
    return {"run", "verify"} <= done


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="What a machine with a GPU should answer first.")
    parser.add_argument("-o", "--output", type=Path, default=Path("first-hour"), help="the folder for the answers")
    parser.add_argument("--as-if", metavar="ID", help="rehearse on this device as if it was the card (opencl:0)")
    parser.add_argument("--seconds", type=float, default=TOTAL_S, help="the most that it takes (%(default)s)")
    parser.add_argument("--patience", type=float, default=1.0, help="give all that much longer: a slow machine (1)")
    stated = parser.parse_args(arguments)
    seconds, patience = stated.seconds * stated.patience, stated.patience
    hour = first_hour(stated.output, stated.as_if, seconds, patience=patience)
    print(f"{stated.output / 'results.json'}: {'the card works' if worked(hour) else 'the card does not work yet'}")
    return 0 if worked(hour) else 1


if __name__ == "__main__":
    sys.exit(main())
