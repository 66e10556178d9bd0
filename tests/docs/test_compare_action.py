"""The GitHub Action in docs/: it can be read, its shell lines do what they say, and a slower head fails the job.

GitHub's own steps (checkout, Python, upload) are not run here, and neither is the installation from the network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hashwatt.bench.result.file import save
from tests.reports.factory import machine, result, verified

WORKFLOW = Path(__file__).parents[2] / "docs" / "compare-action.yml"
RUNS = 5
BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="the job's shell is bash")

# What stands in for an installed hashwatt: a run is the next of the results that were made for it, all else is real.
STAND_IN = """\
#!{bash}
if [ "$1" = run ]; then
  while [ "$#" -gt 0 ]; do if [ "$1" = -o ]; then target=$2; fi; shift; done
  echo "$0 $target" >> {log}
  exec cp "{made}/$target" "$target"
fi
exec "{python}" -m hashwatt "$@"
"""


@pytest.fixture
def job() -> dict[str, Any]:
    workflow = msgspec.yaml.decode(WORKFLOW.read_bytes())
    assert set(workflow["on"]) == {"pull_request"}
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    return dict(job)


def script(job: dict[str, Any], name: str) -> str:
    (step,) = [step for step in job["steps"] if step.get("name") == name]
    return str(step["run"])


def run(text: str, folder: Path, job: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """A step as GitHub runs it: bash, ending at the first command that fails."""
    assert BASH is not None
    environment = os.environ | job["env"] | {"GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    return subprocess.run(
        [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def stand_ins(folder: Path, rates: dict[str, float], processors: dict[str, str]) -> None:
    """Two environments whose runs were made before."""
    for first, side in enumerate(("base", "head")):
        made = folder / "made" / "results" / side
        made.mkdir(parents=True)
        for number in range(1, RUNS + 1):
            number_of_run = first * RUNS + number
            device = verified(run=number_of_run, rate=rates[side])
            where = (machine(cpu_model=processors[side]),)
            save(result(device, run=number_of_run, machines=where), made / f"{number}.json")
        program = folder / f"venv-{side}" / "bin" / "hashwatt"
        program.parent.mkdir(parents=True)
        text = STAND_IN.format(bash=BASH, log=folder / "log", made=folder / "made", python=sys.executable)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)


def judged(
    folder: Path, job: dict[str, Any], rates: dict[str, float], processors: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    stand_ins(folder, rates, processors)
    measured = run(script(job, "Measure in turns"), folder, job)
    assert measured.returncode == 0, measured.stderr
    return run(script(job, "Judge"), folder, job)


ONE = {"base": "EPYC", "head": "EPYC"}


def test_every_step_uses_an_action_or_runs_lines_and_what_it_measures_is_kept(job: dict[str, Any]) -> None:
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])
    assert all(step["with"]["persist-credentials"] is False for step in job["steps"] if "checkout" in str(step))
    assert job["steps"][-1]["if"] == "always()"
    # What a stranger's pull request is called reaches no shell line.
    assert not any("${{" in step.get("run", "") for step in job["steps"])


@needs_bash
def test_the_lines_are_lines_of_the_shell(job: dict[str, Any], tmp_path: Path) -> None:
    for step in job["steps"]:
        checked = run(f"bash -n <<'LINES'\n{step.get('run', '')}\nLINES", tmp_path, job)
        assert (checked.returncode, checked.stderr) == (0, "")


@needs_bash
def test_both_are_installed_from_their_clones(job: dict[str, Any], tmp_path: Path) -> None:
    stand_in = """
python() {
  mkdir -p "$3/bin"
  printf '#!/bin/sh\\necho "$0 $*" >> log\\n' > "$3/bin/python"
  chmod +x "$3/bin/python"
}
"""
    assert run(stand_in + script(job, "Install both"), tmp_path, job).returncode == 0
    assert (tmp_path / "log").read_text().splitlines() == [
        f"venv-{side}/bin/python -m pip install --quiet ./{side}" for side in ("base", "head")
    ]


@needs_bash
def test_a_slower_head_fails_the_job_and_the_summary_says_so(job: dict[str, Any], tmp_path: Path) -> None:
    outcome = judged(tmp_path, job, {"base": 25e6, "head": 22e6}, ONE)
    assert outcome.returncode == 1
    assert "slower by more than 5 %" in outcome.stderr
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### hashwatt: 1 slower – fails")
    # Measured in turns, with who begins changing.
    order = [line.split("/")[-2] for line in (tmp_path / "log").read_text().splitlines()]
    assert order[:6] == ["base", "head", "head", "base", "base", "head"]
    assert len(order) == 2 * RUNS


@needs_bash
def test_a_head_that_is_as_fast_passes(job: dict[str, Any], tmp_path: Path) -> None:
    outcome = judged(tmp_path, job, {"base": 25e6, "head": 25e6}, ONE)
    assert outcome.returncode == 0, outcome.stderr
    assert "1 same" in (tmp_path / "summary.md").read_text(encoding="utf-8")


@needs_bash
def test_another_processor_is_a_warning_and_no_failure(job: dict[str, Any], tmp_path: Path) -> None:
    outcome = judged(tmp_path, job, {"base": 50e6, "head": 27e6}, {"base": "EPYC", "head": "Xeon"})
    assert outcome.returncode == 0
    assert "::warning::" in outcome.stdout
    assert "another processor" in (tmp_path / "summary.md").read_text(encoding="utf-8")
