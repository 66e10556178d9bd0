"""What a site of 2,000 results costs: CPU time, bytes and memory.

Run with `tox -e perf -- tests/perf/test_site.py -s`. CPU time of a process of its own, which other load does not
stretch much. Each result has the usual 10,000 shares, made at an easy target; making them takes minutes, and is not
counted.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulations.sites import save_results

RESULTS = 2000
MOST_CPU_S = 30.0
MOST_INDEX_BYTES = 1_500_000
# The command's own process tells its CPU time and its memory.
COMMAND = """
import resource, sys
from hashwatt.cli.app import execute
code = execute(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"cpu_s={used.ru_utime + used.ru_stime:.1f} memory_mb={used.ru_maxrss / 1024:.0f}")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results")
    save_results(made, RESULTS)
    return made


@pytest.mark.skipif(sys.platform == "win32", reason="the time of a process is asked for as POSIX has it")
@pytest.mark.parametrize("options", [(), ("--anonymous",)], ids=["as it is", "anonymous"])
@pytest.mark.timeout(3600)
def test_the_cost_of_a_site(folder: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", COMMAND, "report", str(folder), "-o", f"{tmp_path}/site/", *options]
    for turn in ("new", "again"):
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"cpu_s=([\d.]+) memory_mb=(\d+)", told)
        assert found
        size = sum(path.stat().st_size for path in (tmp_path / "site").rglob("*.*"))
        index = (tmp_path / "site" / "index.html").stat().st_size
        print(
            f"{RESULTS} results {' '.join(options)} {turn}: {found[0]}, site {size / 1e6:.1f} MB, index {index} bytes"
        )
        assert float(found[1]) < MOST_CPU_S
        assert index <= MOST_INDEX_BYTES
