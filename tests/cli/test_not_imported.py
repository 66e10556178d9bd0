"""Without a package that it needs, a command does what it can, else says in a sentence what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hashwatt.cli.not_imported import why_not_imported

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "version2" / "cpu.json"


def without(packages: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As `hashwatt` ends where packages are not installed."""
    code = (
        "import sys; names, *sys.argv[1:] = sys.argv[1:]; sys.modules.update(dict.fromkeys(names.split(',')));"
        "from hashwatt.__main__ import main; main()"
    )
    command = [sys.executable, "-c", code, packages, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_a_file_is_verified_where_no_kernel_can_be_compiled() -> None:
    told = without("numba,llvmlite", "verify", str(GOLDEN))
    assert told.returncode == 0, told.stderr
    assert "Nothing was done again" in told.stdout
    assert "`pip install numba` brings it" in " ".join(told.stdout.split())


@pytest.mark.parametrize("packages", ["numba,llvmlite", "llvmlite,llvmlite.binding"])
def test_what_wants_a_kernel_says_what_brings_one(packages: str) -> None:
    told = without(packages, "verify", str(GOLDEN), "--effort", "1")
    assert told.returncode == 1
    assert told.stderr.endswith("`pip install numba` brings it\n")
    assert len(told.stderr.strip()) <= 120


def test_without_a_compiler_the_cpu_is_missing_and_the_list_goes_on() -> None:
    told = without("numba,llvmlite", "devices")
    assert told.returncode == 0, told.stderr
    assert "numba is not installed" in told.stdout


@pytest.mark.parametrize("package", ["click", "matplotlib", "msgspec"])
def test_a_missing_package_is_one_sentence_and_no_mistake_of_ours(package: str, tmp_path: Path) -> None:
    told = without(package, "report", str(GOLDEN), "-o", str(tmp_path / "page.html"))
    assert told.returncode == 1
    assert told.stderr == f"hashwatt: the package {package} is not installed; `pip install {package}` brings it\n"


def test_a_script_gets_its_document_also_where_what_writes_documents_is_missing() -> None:
    assert '{\n  "error": "the package msgspec is not' in without("msgspec", "verify", str(GOLDEN), "--json").stdout


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ModuleNotFoundError("no", name="llvmlite.binding"), "the package llvmlite is not installed; `pip install nu"),
        (ImportError("Numba needs NumPy 2.3 or less"), "a package cannot be loaded (Numba needs NumPy 2.3 or less)"),
        (ImportError("no", name="hashwatt.bench"), None),
        (ValueError("no"), None),
    ],
)
def test_only_packages_of_others_can_be_missing(error: Exception, sentence: str | None) -> None:
    told = why_not_imported(error)
    assert told is None if sentence is None else (told or "").startswith(sentence)
