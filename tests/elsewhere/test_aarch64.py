"""An AArch64 under QEMU, with Debian's Python and true wheels: its kernels are right, and a run is proven.

QEMU takes tens of times longer than a processor, most of all for LLVM. So the kernels are made here, for that kind,
and run there; only one test makes one there, too, as a user's machine does. Each step says when it begins, and has a
deadline.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hashwatt.kernels.cpu.variants import variants
from tests.zoo.habitats import AARCH64_CPU, Habitat, cpus
from tests.zoo.homes import Home, NotMade, build_wheel, make_home, this_python
from tests.zoo.living import hashwatt, said

from . import crossed

HABITAT: Habitat = next(place for place in cpus() if place.cpu == AARCH64_CPU)
TRIPLE = "aarch64-unknown-linux-gnu"
PLAIN = ("scalar-x1", "neon-x4", "sha2-x2", "sha2-x3", "sha2-x4")
# For a kernel to be loaded and run; for one to be compiled there. Far above what a busy machine takes.
KERNEL_S = 300.0
COMPILE_S = 900.0
KERNEL = "neon-x4"
# LLVM makes the kernel there; it is held against hashlib, and kept.
COMPILED = f"""
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.race import _checked
from hashwatt.kernels.cpu.variants import variant
print(_checked(compile_variant(variant({KERNEL!r}))).variant.name)
print(_checked(compile_variant(variant({KERNEL!r}))).from_cache)
"""

Says = Callable[[str], None]

pytestmark = [
    pytest.mark.elsewhere,
    pytest.mark.timeout(2400),
    pytest.mark.slow,  # downloads a Python and its wheels, and QEMU is tens of times slower than a processor
    pytest.mark.skipif(HABITAT.missing is not None, reason=str(HABITAT.missing)),
]


@pytest.fixture(scope="module")
def says(request: pytest.FixtureRequest) -> Says:
    """Says on the terminal what begins, whatever pytest captures: such a test is quiet for minutes."""
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    began_s = time.monotonic()

    def say(what: str) -> None:
        if reporter is not None:
            reporter.write_line(f"  aarch64, {time.monotonic() - began_s:.0f} s: {what}")

    return say


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, says: Says) -> Home:
    folder = tmp_path_factory.mktemp("aarch64")
    try:
        says("a wheel is built")
        base = this_python(build_wheel(folder))
        says("a Python and wheels for it are downloaded and unpacked")
        return make_home(HABITAT, base, folder / "home")
    except NotMade as error:
        pytest.skip(f"the habitat cannot be made ({error})")


def test_every_kernel_for_it_is_right(home: Home, tmp_path: Path, says: Says) -> None:
    kernels = [
        kernel
        for kernel in (*variants(rolled=False), *variants(rolled=True))
        if kernel.architecture in (None, "aarch64")
    ]
    says(f"{len(kernels)} kernels are made here for it")
    crossed.make(kernels, "aarch64", TRIPLE, tmp_path)
    right = []
    says("its Python starts")
    for name in said(home, KERNEL_S, "-c", crossed.LOADED, str(tmp_path)):
        says(f"{name} is right")
        right.append(name)
    assert sorted(right) == sorted([*PLAIN, *(f"{name}-rolled" for name in PLAIN)])


def test_a_run_that_compiles_there_is_proven(home: Home, tmp_path: Path, says: Says) -> None:
    path = tmp_path / "r.json"
    # A run has no patience for a compiler that takes minutes, so it finds the kernel in the cache.
    says("a kernel is compiled there, as a user's machine does it")
    assert list(said(home, COMPILE_S, "-c", COMPILED)) == [KERNEL, "True"]
    says("a run takes it from the cache")
    ended = hashwatt(home, COMPILE_S, "run", "-q", "-d", "cpu", "--kernel", KERNEL, "-t", "1", "-o", str(path))
    assert ended.code == 0, ended.err
    says("the run is verified there")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["machines"][0]["architecture"] == "aarch64"
    kernel = result["results"][0]["kernel"]
    assert (kernel["name"], kernel["tuning"]["compiled"]) == (KERNEL, "from the cache")
    assert hashwatt(home, KERNEL_S, "verify", str(path)).code == 0
