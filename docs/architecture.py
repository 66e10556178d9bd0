"""Draws docs/architecture.svg, how a run flows from the command to the kernel and back to the page.

After a change here: `python docs/architecture.py > docs/architecture.svg`. The same text comes out everywhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 1240, 980

STYLE = """
    .paper { fill: #ffffff }
    .room { fill: #f4f5f7; stroke: #d5d9df }
    .box { fill: #ffffff; stroke: #aab2bd }
    .key { fill: #fff4dc; stroke: #c98a12 }
    .file { fill: #e6f3ea; stroke: #3f8f5b }
    .title { font-weight: 600; font-size: 15px; fill: #1b2430 }
    .room-title { font-weight: 700; font-size: 17px; fill: #1b2430 }
    .path { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 11.5px }
    .path { fill: #5a6675 }
    .line { font-size: 12.5px; fill: #38424f }
    .says { font-size: 12.5px; fill: #38424f; font-style: italic }
    .down { stroke: #2f6fc4; fill: none; stroke-width: 2.2 }
    .back { stroke: #3f8f5b; fill: none; stroke-width: 2.2 }
    .down-tip { fill: #2f6fc4 }
    .back-tip { fill: #3f8f5b }
    text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #12161c }
      .room { fill: #1a2028; stroke: #333d49 }
      .box { fill: #232b35; stroke: #566373 }
      .key { fill: #3a2f17; stroke: #d9a441 }
      .file { fill: #1c3325; stroke: #5db57d }
      .title, .room-title { fill: #eef2f6 }
      .path { fill: #9aa8b8 }
      .line, .says { fill: #cbd4de }
      .down { stroke: #6fa8f0 }
      .back { stroke: #5db57d }
      .down-tip { fill: #6fa8f0 }
      .back-tip { fill: #5db57d }
    }
"""


@dataclass(frozen=True)
class Room:
    """One of the four parts of the program."""

    x: int
    y: int
    width: int
    height: int
    title: str
    says: str
    x_of_title: int
    knows: str = ""
    x_of_knows: int = 0


@dataclass(frozen=True)
class Box:
    """A step on the way; `says` in lines that " / " parts. `kind`: box, key (a protocol) or file."""

    x: int
    y: int
    width: int
    height: int
    title: str
    path: str
    says: str
    kind: str = "box"


@dataclass(frozen=True)
class Arrow:
    """A polyline with a tip; `down` asks, `back` brings what was asked for. `says` stands beside its middle."""

    kind: str
    points: tuple[tuple[int, int], ...]
    says: str = ""
    says_at: tuple[int, int] = (0, 0)


ROOMS = (
    Room(20, 20, 1200, 132, "src/hashwatt", "what people call; stands on the other three", 44),
    Room(
        20, 172, 740, 430, "bench", "how it is measured and verified;", 100, "knows devices and work by protocol", 410
    ),
    Room(20, 622, 740, 338, "kernels", "what runs on a device;", 100, "knows nothing of time, energy or reports", 410),
    Room(780, 172, 440, 572, "reports", "how it is shown; knows results only", 860),
)

# One line a room and two a box read better than one a number.
# fmt: off
BOXES = (
    Box(44, 62, 330, 76, "hashwatt run", "src/hashwatt/cli/commands/run.py",
        "or hashwatt.run() from Python"),
    Box(804, 62, 392, 76, "hashwatt report, compare, history", "src/hashwatt/cli/ · src/hashwatt/notebook.py",
        "or the functions of these names"),
    Box(44, 222, 330, 92, "A run", "bench/api.py",
        "finds devices and workloads, describes / the machine; each pair has its turn"),
    Box(44, 344, 330, 92, "One measurement", "bench/run/session.py",
        "self-test, calibrate, warm up, sample; / a fault is a status with a reason"),
    Box(44, 466, 330, 112, "The only thing that is timed", "bench/sampling/stopwatch.py",
        "task.run(batch) gives an exact amount; / beside it are read: load, clocks, time stolen / "
        "by other guests, and the meters"),
    Box(410, 466, 326, 112, "Meter", "bench/energy/meter.py",
        "read() and close(), nothing else; a file a / kind in meters/; joules have their scope / "
        "and bounds, or a reason why there are none", "key"),
    Box(410, 222, 326, 92, "Result", "bench/result/model.py",
        "schema 2: strict, bounded; unknown is null; / version 1 is read and turned into it"),
    Box(410, 344, 326, 92, "Verdict", "bench/verification/checks.py",
        "reckons amounts and rates again; the work- / load that the file names judges its evidence"),
    Box(44, 672, 330, 112, "Workload and Task", "kernels/workloads/protocol.py",
        "what is counted, what evidence it leaves, / what binds it; bound to a device it is a / "
        "task: batches, exact amounts, checks", "key"),
    Box(44, 824, 330, 112, "AnyDevice", "kernels/device.py",
        "capabilities: it Scans nonces, Executes / kernels of others on buffers, or Reports / "
        "what it does by itself", "key"),
    Box(410, 672, 326, 112, "Kernels from one description", "kernels/sha256/ · kernels/graph/",
        "the hash is written down once; a graph folds, / lowers and schedules it for LLVM, OpenCL C / "
        "and hardware, and counts its operations"),
    Box(410, 824, 326, 112, "cpu, opencl, rtl", "kernels/registry.py · bench/isolation/",
        "a folder each: which devices there are, or / in one sentence why none; a driver that may / "
        "crash gets a worker process of its own"),
    Box(804, 222, 392, 92, "Format", "reports/formats/__init__.py",
        "render(report) gives the file; a file a suffix: / "
        ".html .md .csv .svg .png .json; beside it the terminal", "key"),
    Box(804, 344, 392, 92, "Words, tables, charts", "reports/layout/ · reports/charts/ · reports/page/",
        "a figure's origin stands beside it; whatever / a stranger may have written is escaped"),
    Box(804, 466, 392, 112, "Report", "reports/document/report.py",
        "what is said, as data: rankings within one kind of / "
        "work, the ladder, the claims; nothing is averaged, / and what fails is not ranked"),
    Box(804, 608, 392, 112, "Collection", "reports/collect/gather.py",
        "reads results from anywhere, verifies each, groups / "
        "the runs of a device; what does not verify, or was / not measured, stands apart"),
    Box(804, 824, 392, 112, "A result file", "docs/result-file.md",
        "JSON, one a run: raw samples, conditions, energy, / evidence; enough to redo it and to check it. / "
        "It may come from a stranger", "file"),
)
# fmt: on

ARROWS = (
    Arrow("down", ((72, 138), (72, 222))),
    Arrow("down", ((72, 314), (72, 344))),
    Arrow("down", ((72, 436), (72, 466))),
    Arrow("down", ((374, 537), (410, 537))),
    Arrow("down", ((72, 578), (72, 672)), "batches", (82, 617)),
    Arrow("down", ((72, 784), (72, 824)), "scan, launch", (82, 808)),
    Arrow("down", ((374, 880), (410, 880))),
    Arrow("down", ((438, 824), (438, 784)), "emit", (448, 808)),
    Arrow("back", ((374, 728), (392, 728), (392, 268), (410, 268)), "amounts, evidence", (402, 617)),
    Arrow("back", ((438, 314), (438, 344)), "anyone checks it", (448, 333)),
    Arrow("back", ((736, 268), (770, 268), (770, 880), (804, 880))),
    Arrow("back", ((832, 824), (832, 720)), "any number of them, from any machine", (842, 788)),
    Arrow("back", ((832, 608), (832, 578))),
    Arrow("back", ((832, 466), (832, 436))),
    Arrow("back", ((832, 344), (832, 314))),
    Arrow("back", ((832, 222), (832, 138))),
    Arrow("down", ((424, 84), (464, 84)), "asks", (474, 88)),
    Arrow("back", ((424, 108), (464, 108)), "brings", (474, 112)),
)

LEGEND = Box(545, 71, 224, 54, "a protocol", "more can be added behind it", "", "key")


def text(x: int, y: int, words: str, style: str) -> str:
    """One line of text."""
    return f'<text x="{x}" y="{y}" class="{style}">{escape(words)}</text>'


def room(one: Room) -> list[str]:
    """A room with its name."""
    return [
        f'<rect x="{one.x}" y="{one.y}" width="{one.width}" height="{one.height}" rx="12" class="room"/>',
        f'<text x="{one.x_of_title}" y="{one.y + 27}"><tspan class="room-title">{escape(one.title)}</tspan>'
        f'<tspan class="line" dx="12">{escape(one.says)}</tspan></text>',
        *([text(one.x_of_knows, one.y + 27, one.knows, "line")] if one.knows else []),
    ]


def box(one: Box) -> list[str]:
    """A box: title, where it is in the tree, and what it does."""
    drawn = [
        f'<rect x="{one.x}" y="{one.y}" width="{one.width}" height="{one.height}" rx="7" class="{one.kind}"/>',
        text(one.x + 14, one.y + 23, one.title, "title"),
        text(one.x + 14, one.y + 41, one.path, "path"),
    ]
    return drawn + [
        text(one.x + 14, one.y + 61 + 18 * row, line, "line") for row, line in enumerate(one.says.split(" / "))
    ]


def arrow(one: Arrow) -> list[str]:
    """A line, its tip, and what it carries."""
    points = " ".join(f"{x},{y}" for x, y in one.points)
    (from_x, from_y), (x, y) = one.points[-2:]
    # All lines are upright or level: the tip's base lies 9 back and 5 to each side.
    along = ((x > from_x) - (x < from_x), (y > from_y) - (y < from_y))
    base = (x - 9 * along[0], y - 9 * along[1])
    sides = [(base[0] + 5 * side * along[1], base[1] + 5 * side * along[0]) for side in (1, -1)]
    tip = " ".join(f"{px},{py}" for px, py in ((x, y), *sides))
    drawn = [
        f'<polyline points="{points}" class="{one.kind}"/>',
        f'<polygon points="{tip}" class="{one.kind}-tip"/>',
    ]
    return drawn + ([text(*one.says_at, one.says, "says")] if one.says else [])


def picture() -> str:
    """The whole SVG."""
    parts = [line for one in ROOMS for line in room(one)]
    parts += [line for one in ARROWS for line in arrow(one)]
    parts += [line for one in (*BOXES, LEGEND) for line in box(one)]
    body = "\n  ".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'role="img" aria-labelledby="title">\n'
        '  <title id="title">How a run flows from the command through bench to a kernel, and back through a result '
        "file and reports to the page</title>\n"
        f"  <style>{STYLE}  </style>\n"
        f'  <rect width="{WIDTH}" height="{HEIGHT}" class="paper"/>\n'
        f"  {body}\n"
        "</svg>\n"
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(picture().encode())
