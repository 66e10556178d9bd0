"""Files are written whole or not at all, and nothing is left beside them."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hashwatt.kernels.system.own_files import remove_parts, write_atomically


def test_an_interrupt_while_the_file_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def interrupted(opener: Callable[..., Any]) -> Callable[..., Any]:
        def opened(*arguments: Any, **named: Any) -> Any:
            opener(*arguments, **named)
            made.extend(os.listdir(tmp_path))
            raise KeyboardInterrupt

        return opened

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", interrupted(os.open))
        patch.setattr(builtins, "open", interrupted(open))
        with pytest.raises(KeyboardInterrupt):
            write_atomically(tmp_path / "a", b"1")
    assert len(made) == 1
    assert os.listdir(tmp_path) == []


def test_parts_of_killed_processes_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in (".hashwatt-x.part", "a.part", ".hashwatt-x"):
        (tmp_path / name).touch()
    remove_parts(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hashwatt-x", "a.part"]
