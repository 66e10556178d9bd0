"""Every CPU kernel there is becomes machine code for every system that has its kind of processor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hashwatt.kernels.cpu.variants import Variant, variants

from . import crossed

pytestmark = pytest.mark.elsewhere

# Linux, Windows and macOS on both kinds of processor, as LLVM calls them.
TRIPLES = {
    "x86_64": ("x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "x86_64-apple-macosx"),
    "aarch64": ("arm64-apple-macosx", "aarch64-unknown-linux-gnu", "aarch64-pc-windows-msvc"),
}
PLAIN, ROLLED = variants(rolled=False), variants(rolled=True)


@pytest.fixture(scope="module", autouse=True)
def compilers() -> None:
    crossed.ready()


@pytest.fixture
def imitated(request: pytest.FixtureRequest) -> Iterator[None]:
    """Kernels are emitted for a processor of that architecture with all that a kernel asks for, and nothing else."""
    triple: str = request.getfixturevalue("triple")
    architecture = next(name for name, triples in TRIPLES.items() if triple in triples)
    with crossed.emitting_for(request.getfixturevalue("kernel"), architecture):
        yield


def pairs(kernels: list[Variant]) -> list[object]:
    return [
        pytest.param(kernel, triple, id=f"{kernel.name}-{triple}")
        for kernel in kernels
        for triple in TRIPLES.get(kernel.architecture or "", TRIPLES["x86_64"] + TRIPLES["aarch64"])
    ]


# The plain ones of one system each in the default tests; all of them for all systems where there is time.
@pytest.mark.parametrize(
    ("kernel", "triple"),
    [
        pytest.param(kernel, triple, id=f"{kernel.name}-{triple}")
        for kernel in PLAIN
        for triple in (("arm64-apple-macosx",) if kernel.architecture == "aarch64" else ("x86_64-pc-windows-msvc",))
    ],
)
@pytest.mark.usefixtures("imitated")
def test_a_kernel_is_machine_code_on_a_system_that_is_not_here(kernel: Variant, triple: str) -> None:
    assert len(crossed.object_file(kernel, triple, optimised=False)) > 2_000


@pytest.mark.slow  # some seconds each on a busy machine, and 90 of them
@pytest.mark.parametrize(("kernel", "triple"), pairs([*PLAIN, *ROLLED]))
@pytest.mark.usefixtures("imitated")
def test_every_kernel_is_machine_code_on_every_system(kernel: Variant, triple: str) -> None:
    code = crossed.object_file(kernel, triple, optimised=True)
    assert len(code) > 2_000
    magic = {"linux": b"\x7fELF", "apple": b"\xcf\xfa\xed\xfe", "windows": None}
    expected = next(bytes_ for name, bytes_ in magic.items() if name in triple)
    assert expected is None or code.startswith(expected)
