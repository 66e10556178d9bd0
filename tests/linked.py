"""`python tests/linked.py COMMAND…`: runs a command in a tree whose links are there, for type checkers.

The links in src/hashwatt are what mypy finds the three folders by. Git leaves text files in their place where a system
makes none for its users (Windows, as it comes); then the command runs in a copy of the tree that has folders there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]
FOLDERS = ("kernels", "bench", "reports")
ALSO = ("tests", "docs", "src", "pyproject.toml", "setup.py", "README.md")
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")


def has_links(tree: Path) -> bool:
    """Whether each link leads to its folder."""
    return all((tree / "src" / "hashwatt" / name / "__init__.py").exists() for name in FOLDERS)


def copy_with_folders(tree: Path, target: Path) -> None:
    """Copy what is checked, with the folders themselves in the place of the links."""
    for name in ALSO:
        if (tree / name).is_dir():
            shutil.copytree(tree / name, target / name, ignore=NOT_COPIED)
        else:
            shutil.copy(tree / name, target / name)
    for name in FOLDERS:
        place = target / "src" / "hashwatt" / name
        place.unlink(missing_ok=True)
        shutil.copytree(tree / name, place, ignore=NOT_COPIED)


def main(command: list[str]) -> int:
    """Run it; its exit code."""
    if has_links(TREE):
        return subprocess.run(command, cwd=TREE, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="hashwatt-linked-") as folder:
        copy_with_folders(TREE, Path(folder))
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
