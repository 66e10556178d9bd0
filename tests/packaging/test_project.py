"""The project's own papers agree with each other."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from hashwatt.kernels.opencl.runtimes.installed import RUNTIMES

TREE = Path(__file__).parents[2]
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
DOCS = sorted((TREE / "docs").glob("*.md"))


def text_of(name: str) -> str:
    return (TREE / name).read_text(encoding="utf-8")


def test_the_changelog_s_first_version_is_the_installed_one() -> None:
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == version("hashwatt")


def test_the_installed_version_is_the_tree_s() -> None:
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["version"] == version("hashwatt")


def test_each_opencl_runtime_is_an_extra_and_elsewhere_than_x86_64_linux_an_empty_one() -> None:
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    for runtime in RUNTIMES:
        assert any(need.startswith(runtime.distribution) for need in extras[runtime.extra])
        assert all("x86_64" in need and "linux" in need for need in extras[runtime.extra])
    assert set(extras["intel"]) < set(extras["fpga"]), "the emulator needs the runtime of its own release"


def test_ci_runs_the_very_lines_that_the_readme_gives() -> None:
    run_line, test_line = re.findall(r"^python3 -m venv .*$", text_of("README.md"), re.MULTILINE)
    ci = text_of(".ci/run")
    assert run_line.endswith("/hashwatt run")
    assert test_line.endswith("/tox")
    assert test_line in ci
    assert f"{run_line} -t " in ci


def test_the_documents_link_only_to_files_that_exist() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in DOCS)):
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", COMMENT.sub("", text_of(name))):
            assert ((TREE / name).parent / link).exists(), f"{name} links to {link}"
