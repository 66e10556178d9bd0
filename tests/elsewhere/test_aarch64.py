"""An AArch64 under QEMU, with Debian's Python and true wheels: its kernels are right, and a run is proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.zoo.habitats import AARCH64_CPU, Habitat, cpus
from tests.zoo.homes import Home, NotMade, build_wheel, make_base, make_home
from tests.zoo.living import command, hashwatt

HABITAT: Habitat = next(place for place in cpus() if place.cpu == AARCH64_CPU)
LIMIT_S = 900.0
# Each against hashlib, over a few batches and a partial one: the check that every kernel passes before it is timed.
CHECK = """
from hashwatt.kernels.cpu.cores.features import host_features
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.race import _checked
from hashwatt.kernels.cpu.variants import variants
for each in (*variants(False), *variants(True)):
    if each.missing() is None:
        _checked(compile_variant(each, cached=False))
        print(each.name)
"""

pytestmark = [
    pytest.mark.elsewhere,
    pytest.mark.timeout(3 * LIMIT_S),
    pytest.mark.slow,  # downloads a Python and its wheels, and QEMU is a hundred times slower than a processor
    pytest.mark.skipif(HABITAT.missing is not None, reason=str(HABITAT.missing)),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("aarch64")
    try:
        return make_home(HABITAT, make_base(folder / "base", build_wheel(folder)), folder / "home")
    except NotMade as error:
        pytest.skip(f"the habitat cannot be made ({error})")


def test_every_kernel_for_it_is_right(home: Home) -> None:
    ended = command(home, LIMIT_S, home.folder, "-c", CHECK)
    assert ended.code == 0, ended.err
    plain = {"scalar-x1", "neon-x4", "sha2-x2", "sha2-x3", "sha2-x4"}
    assert set(ended.out.split()) == plain | {f"{name}-rolled" for name in plain}


def test_a_run_is_proven(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    ended = hashwatt(home, LIMIT_S, "run", "-q", "-d", "cpu", "-t", "1", "-o", str(path))
    assert ended.code == 0, ended.err
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["machines"][0]["architecture"] == "aarch64"
    assert result["results"][0]["kernel"]["name"].startswith(("neon", "sha2"))
    assert hashwatt(home, LIMIT_S, "verify", str(path)).code == 0
