"""`toxfile.py`: uv asks for packages where pip does."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOXFILE = Path(__file__).parents[2] / "toxfile.py"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of pip's settings, which has precedence over the machine's."""
    file = tmp_path / "pip.conf"
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    for name in ("UV_DEFAULT_INDEX", "UV_INSECURE_HOST", "ALL_PROXY", "SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CERT"):
        monkeypatch.setenv(name, "for the test")
        monkeypatch.delenv(name)
    return file


def environment() -> Any:
    return runpy.run_path(str(TOXFILE))["os"].environ


def test_pips_mirror_and_its_hosts_become_uvs(settings: Path) -> None:
    settings.write_text(
        "[global]\nindex-url = https://mirror.test/simple?a=b\nproxy = http://proxy.test:8080\n"
        "[install]\ntrusted-host =\n  mirror.test\n  other.test\ntimeout = 7\n"
    )
    found = environment()
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.test/simple?a=b"
    assert found["ALL_PROXY"] == "http://proxy.test:8080"
    assert found["UV_INSECURE_HOST"] == "mirror.test other.test"


def test_the_environments_word_has_precedence_over_the_files_and_uvs_own_over_both(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text("[global]\nindex-url = https://mirror.test/simple\n")
    monkeypatch.setenv("PIP_INDEX_URL", "https://nearer.test/simple")
    assert environment()["UV_DEFAULT_INDEX"] == "https://nearer.test/simple"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://uv.test/simple")
    assert environment()["UV_DEFAULT_INDEX"] == "https://uv.test/simple"


def test_other_settings_and_a_python_without_pip_say_nothing(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert runpy.run_path(str(TOXFILE))["for_uv"]("global.timeout='7'\n:env:.no-index-url='1'\n\n") == {}
    nothing = [sys.executable, "-c", "raise SystemExit('No module named pip')"]
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda _asked, **how: run(nothing, **how))
    assert "UV_DEFAULT_INDEX" not in environment()
