"""Captures what the commands show in a terminal, in two sizes, as pictures: `python docs/terminal.py [FOLDER]`.

Writes docs/terminal/NAME-COLUMNSxROWS.svg. Runs on Linux and macOS, in a terminal that it makes itself; the figures are
those of the machine it runs on, for some seconds of measurement.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

FETCHED_FONT = re.compile(r"@font-face \{.*?\n    \}\n", re.DOTALL)
SIZES = ((80, 24), (120, 40))
SHORT = ("-d", "cpu", "-t", "2")
COMMANDS = {
    "run": ("run", *SHORT, "--force", "-o", "today.json"),
    "report": ("report", "today.json"),
    "compare": ("compare", "yesterday.json", "today.json"),
    "ladder": ("ladder", "today.json"),
    "devices": ("devices",),
    "meters": ("meters",),
}


def captured(arguments: tuple[str, ...], columns: int, rows: int, folder: Path) -> str:
    """What a terminal of that size is sent, to the end of the command."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    for size in ("COLUMNS", "LINES"):
        environment.pop(size, None)
    command = [sys.executable, "-m", "hashwatt", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        taken = bytearray()
        # Linux says that the other end is closed by an error.
        try:
            while part := os.read(ours, 65536):
                taken += part
        except OSError:
            pass
        process.wait()
    os.close(ours)
    return taken.decode("utf-8", "replace")


def left_standing(sent: str) -> str:
    """What stands there in the end: lines that progress went up to and cleared are gone."""
    lines: list[str] = []
    for line in sent.replace("\r\n", "\n").split("\n"):
        gone_up = line.count("\x1b[1A")
        if gone_up:
            del lines[-gone_up:]
        lines.append(line.rsplit("\r", 1)[-1].rsplit("\x1b[2K", 1)[-1])
    return "\n".join(lines)


def main() -> None:
    """All commands in both sizes."""
    to = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "terminal"
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        captured(("run", *SHORT, "-o", "yesterday.json"), 80, 24, folder)
        for command, arguments in COMMANDS.items():
            for columns, rows in SIZES:
                shown = left_standing(captured(arguments, columns, rows, folder)).strip("\n").rstrip()
                console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True)
                console.print(Text.from_ansi(f"$ hashwatt {' '.join(arguments)}\n{shown}"))
                # Without the fonts that it would fetch: a document asks nothing of the network.
                picture = FETCHED_FONT.sub("", console.export_svg(title=f"{columns} × {rows}"))
                (to / f"{command}-{columns}x{rows}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
