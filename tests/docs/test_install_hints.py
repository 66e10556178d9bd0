"""Every hint to install something works: extras of ours from a clone, since no package index has hashwatt."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).parents[2]
FOLDERS = ("kernels", "bench", "reports", "src/hashwatt", "docs", "tests")
KINDS = {".py", ".md", ".yml", ".toml", ".html", ".csv"}
# A wheel of hashwatt lies in a folder that pip is shown, and pip asks no index.
FROM_A_FOLDER = "--no-index"
BY_NAME = re.compile(r"""pip3? install [^`\n]*?["' ]hashwatt(\[|["'`\s.;,]|$)""")
FROM_CLONE = re.compile(r"pip install [^`\n]*\"\.\[(\w+)\]\"")
THE_FUNCTION = TREE / "kernels" / "system" / "installing.py"


def lines() -> Iterator[tuple[str, str]]:
    """Every line of the program, its documents and its tests, with its place."""
    paths = [TREE / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml", "tox.ini")]
    paths += [path for folder in FOLDERS for path in sorted((TREE / folder).rglob("*")) if path.suffix in KINDS]
    for path in paths:
        if path not in (Path(__file__), THE_FUNCTION):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{path.relative_to(TREE).as_posix()}:{number}", line


def test_nothing_says_to_install_hashwatt_by_its_name() -> None:
    assert [(place, line) for place, line in lines() if BY_NAME.search(line) and FROM_A_FOLDER not in line] == []


def test_each_extra_that_a_hint_names_is_one() -> None:
    extras = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = [(place, match[1]) for place, line in lines() if (match := FROM_CLONE.search(line))]
    assert len(named) > 5
    assert {extra for _, extra in named} <= {*extras, "…", "EXTRA"}


def test_code_makes_the_hint_with_one_function() -> None:
    by_hand = [
        (place, line)
        for place, line in lines()
        if FROM_CLONE.search(line) and place.startswith(("kernels/", "bench/", "reports/"))
    ]
    assert by_hand == []


def test_the_patterns_see_what_they_should() -> None:
    for wrong in ('`pip install "hashwatt[cuda]"`', "pip install 'hashwatt[fleet]'", "pip install -q hashwatt"):
        assert BY_NAME.search(wrong)
    for right in ('pip install ".[rtl]"', "pip install -q . && .venv/bin/hashwatt run", "pip install pyopencl"):
        assert not BY_NAME.search(right)
