"""The examples in the documentation pass a strict type checker, as a user's script would (`tox -e types` has one)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .test_examples import TREE, examples

pytest.importorskip("mypy", reason="the type checker is in the environment `types`")


def errors_of(script: str, folder: Path) -> str:
    """What mypy has against a script that imports hashwatt."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    options = ("--strict", "--follow-imports=silent", "--no-error-summary", "--hide-error-context")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(path)],
        cwd=TREE,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_examples_pass(tmp_path: Path) -> None:
    """All in one, each in a function of its own: checking twice what they import takes twice as long."""
    parts = []
    for number, example in enumerate(examples("python")):
        body = "".join(f"    {line}\n" for line in example.text.splitlines())
        parts.append(f"def example_{number}() -> None:  # {example.place}\n{body}")
    assert len(parts) >= 2
    assert errors_of("\n".join(parts), tmp_path) == ""


def test_a_wrong_use_is_found(tmp_path: Path) -> None:
    told = errors_of("import hashwatt\n\nhashwatt.run(['cpu']).results[0].rate.value\n", tmp_path)
    assert "value" in told
