"""What a machine with a GPU should answer first, in one go: at most eight minutes, no network, no root, no pip.

    python tests/gpu/first_hour.py -o first-hour

Every step is a process of its own with a limit of its own. After each, three files in the folder are written anew:
`summary.txt` (measured beside predicted), `results.json`, and `files.zip` with the result files: whatever hangs or
crashes costs its own answer only, and what is killed has lost nothing: they name the step that was under way. A second
call goes on where the first stopped: what was answered stays. Without a GPU, `--as-if opencl:0` rehearses all of it on
another device.

Needs hashwatt and what that needs, or `--wheels` with what the machine lacks (see `wheels.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036  (whatever python3 the machine has)
        raise SystemExit(f"{sys.executable} is Python {sys.version.split()[0]}; hashwatt needs 3.11 or newer")
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.gpu.answers import Ended, GaveUp, run_step
from tests.gpu.carried import MODULES, ROOT, Carried, before, unpack
from tests.gpu.figures import NO_TIME, figures_of, in_brief
from tests.gpu.hour import Hour, Json, kept_in, write
from tests.gpu.plan import NOTHING, STEPS, Step

# Where answers are kept between calls.
STATE = ROOT / ".first-hour"
TOTAL_S = 480.0
NOTHING_STARTS_UNDER_S = 3.0


def choose(told: Json, as_if: str | None) -> tuple[str, Json, Json]:
    """By which way the card is reached, what it is, and what it is by the other way ({} where there is none).

    OpenCL's GPU comes first, else CUDA's, or the device to rehearse on (`as_if`; behind a comma the other way to it).
    Raises GaveUp with what the backends say where there is none.
    """
    shown = [entry for entry in told["devices"] if entry.get("available")]
    if as_if is not None:
        known = {entry["id"]: entry for entry in shown}
        first, _, second = as_if.partition(",")
        for wanted in filter(None, (first, second)):
            if wanted not in known:
                raise GaveUp("failed", f"there is no device {wanted}; there are {', '.join(known)}")
        return "as if", known[first], known.get(second, {})
    gpus = {entry["backend"]: entry for entry in reversed(shown) if entry.get("kind") == "gpu"}
    if "opencl" in gpus:
        return "OpenCL", gpus["opencl"], gpus.get("cuda", {})
    if "cuda" in gpus:
        return "CUDA, since no OpenCL platform shows the card", gpus["cuda"], {}
    reasons = [str(entry.get("reason")) for entry in told["devices"] if not entry.get("available")]
    raise GaveUp("failed", "no GPU is shown: " + " | ".join(reasons))


def ask(hour: Hour, step: Step, left_s: float, patience: float = 1.0) -> Any:
    """Answer one question and keep what came of it; None where nothing did. Raises SystemExit where all is ended."""
    record: Json = {"name": step.name, "status": "skipped", "seconds": 0.0, "limit_s": step.limit_s}
    started = time.monotonic()
    answered = ended = None
    try:
        if step.of != NOTHING and not (hour.second if step.of == "second" else hour.device):
            raise GaveUp("skipped", "there is no device to ask" if step.of == "device" else "there is one way only")
        if step.needs is not None and not (hour.folder / step.needs).exists():
            raise GaveUp("skipped", f"there is no {step.needs}")
        limit_s = min(step.limit_s * patience, left_s)
        if limit_s < NOTHING_STARTS_UNDER_S:
            raise GaveUp("skipped", NO_TIME)
        answered = run_step(step.command(hour), limit_s)
        record["status"] = "done"
        record["answer"] = figures_of(answered) if step.stored else answered
    except GaveUp as reason:
        ended = reason if isinstance(reason, Ended) else None
        record["status"] = reason.status
        record["why"] = str(reason)
        if reason.so_far is not None:
            record["so_far"] = figures_of(reason.so_far) if step.stored else reason.so_far
    record["seconds"] = round(time.monotonic() - started, 2)
    hour.put(record)
    print(
        f"{record['status']:>9}  {record['seconds']:6.1f} s  {step.name}  {in_brief(record.get('why', ''))}", flush=True
    )
    if ended is not None:
        raise SystemExit(str(ended)) from ended
    return answered


def first_hour(
    output: Path,
    as_if: str | None = None,
    total_s: float = TOTAL_S,
    steps: Sequence[Step] = STEPS,
    patience: float = 1.0,
    state: Path | None = None,
    again: Sequence[str] = (),
    carried: Carried | None = None,
) -> Hour:
    """Answer all questions, in at most `total_s`; `patience` times the limit is what each step may take.

    `state`: where answers are kept for a second call, and `again` names those that it asks nevertheless.
    """
    state = output if state is None else state
    for folder in (output, state):
        folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + total_s
    hour = Hour(state, as_if)
    kept = kept_in(state, again)
    hour.steps = [step for step in kept.get("steps", ()) if step["status"] == "done"]
    queue = list(steps)
    try:
        _answer_all(hour, queue, output, end, patience, kept, carried)
    finally:
        write(hour, output)
    return hour


def _answer_all(
    hour: Hour, queue: list[Step], output: Path, end: float, patience: float, kept: Json, carried: Carried | None
) -> None:
    """Answer question after question until none is left; what is on disk says at any time how far this is."""
    while queue:
        step = queue.pop(0)
        if hour.done(step.name) and not step.every_time:
            print(f"     kept           {step.name}", flush=True)
            continue
        hour.under_way = step.name
        write(hour, output)
        answered = ask(hour, step, end - time.monotonic(), patience)
        hour.under_way = None
        if step.name == "cuda" and answered is None and carried is not None and carried.wheels:
            _with_carried_packages(hour, carried, step, end - time.monotonic(), patience)
        if step.name == "devices":
            _take(hour, answered or _told_by_cuda(hour), kept)
        if step.name in ("first", "run") and answered is None and hour.device and hour.second:
            # The other way to the card may work.
            hour.path = f"{hour.second['backend']}, since the run by {hour.path} {hour.steps[-1]['status']}"
            hour.device, hour.second = hour.second, {}
            hour.put({**hour.steps[-1], "name": f"{step.name} by the first way"})
            queue.insert(0, step)
            print(hour.path, flush=True)


def _take(hour: Hour, told: Json, kept: Json) -> None:
    """Settle which device is asked from now on. What was learnt of another one is forgotten."""
    record = next(step for step in hour.steps if step["name"] == "devices")
    try:
        hour.path, hour.device, hour.second = choose(told, hour.as_if)
        print(f"{hour.device['name']}, by {hour.path}", flush=True)
    except GaveUp as reason:
        if record["status"] == "done":
            record["status"], record["why"] = reason.status, str(reason)
        print(reason, flush=True)
    before_it = kept.get("device") or {}
    if hour.second and _same(before_it, hour.second) and (hour.done("first") or hour.done("run")):
        # The first way did not work last time.
        hour.path, hour.device, hour.second = str(kept["path"]), hour.second, {}
    if not _same(before_it, hour.device):
        fresh = [step.name for step in STEPS if step.every_time]
        hour.steps = [step for step in hour.steps if step["name"] in fresh]


def _told_by_cuda(hour: Hour) -> Json:
    """The card that CUDA was tried on, where `devices` did not answer: what shows no device need not stop the rest."""
    told = next((step.get("answer") for step in hour.steps if step["name"] == "cuda"), None) or {}
    if "device" not in told:
        return {"devices": [{"available": False, "reason": "`devices` did not answer, and CUDA did not work"}]}
    card = {"id": "cuda:0", "backend": "cuda", "kind": "gpu", "available": True}
    return {"devices": [{**card, "name": told["device"], "driver": told.get("driver")}]}


def _same(one: Json, other: Json) -> bool:
    return all(one.get(name) == other.get(name) for name in ("name", "driver"))


def _with_carried_packages(hour: Hour, carried: Carried, step: Step, left_s: float, patience: float) -> None:
    """Ask CUDA again with NVIDIA's packages that were carried; they stay where that works."""
    own_why = hour.steps[-1].get("why", "")
    environment = carried.nvidia_environment(os.environ)
    unchanged = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    if ask(hour, step, left_s, patience) is not None:
        hour.packages = "carried"
        return
    next(one for one in hour.steps if one["name"] == step.name)["why_by_the_machines_own"] = own_why
    for name, value in unchanged.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


def worked(hour: Hour) -> bool:
    """Whether the main question is answered: a rate that verifies."""
    return any(hour.done(name) and hour.done(f"verify {name}") for name in ("first", "run"))


def make_importable(wheels: Path | None, state: Path) -> Carried | None:
    """Have every process of ours find hashwatt's clone, and what was carried."""
    carried = None if wheels is None else unpack(wheels, state / "unpacked")
    lacking = [] if carried is None else [str(carried.lacking)]
    os.environ[MODULES] = before(os.environ.get(MODULES), [*lacking, str(ROOT / "src"), str(ROOT)])
    return carried


def ended_from_outside(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit("ended from outside")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="What a machine with a GPU should answer first.")
    parser.add_argument("-o", "--output", type=Path, default=Path("first-hour"), help="the folder for the answers")
    parser.add_argument("--wheels", type=Path, help="a folder of wheels for what the machine lacks")
    parser.add_argument("--state", type=Path, default=STATE, help="where a second call finds what was answered")
    parser.add_argument("--again", nargs="*", default=[], metavar="STEP", help="ask these anew in a second call")
    parser.add_argument("--as-if", metavar="ID", help="rehearse on this device as if it was the card (opencl:0,cuda:0)")
    parser.add_argument("--seconds", type=float, default=TOTAL_S, help="the most that it takes (%(default)s)")
    parser.add_argument("--patience", type=float, default=1.0, help="give all that much longer: a slow machine (1)")
    stated = parser.parse_args(arguments)
    started = time.monotonic()
    signal.signal(signal.SIGTERM, ended_from_outside)
    carried = make_importable(stated.wheels, stated.state.resolve())
    if carried is not None:
        print(f"unpacked {len(carried.unpacked)} wheels in {time.monotonic() - started:.1f} s", flush=True)
    seconds, patience = stated.seconds * stated.patience, stated.patience
    try:
        hour = first_hour(
            stated.output,
            stated.as_if,
            seconds - (time.monotonic() - started),
            patience=patience,
            state=stated.state.resolve(),
            again=stated.again,
            carried=carried,
        )
    finally:
        with contextlib.suppress(OSError):
            print((stated.output / "summary.txt").read_text(encoding="utf-8"), flush=True)
    print(f"{stated.output / 'results.json'}: {'the card works' if worked(hour) else 'the card does not work yet'}")
    return 0 if worked(hour) else 1


if __name__ == "__main__":
    sys.exit(main())
