"""Every CPU kernel there is becomes machine code for every system that has its kind of processor."""

from __future__ import annotations

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu import variants as module
from hashwatt.kernels.cpu.cores import features
from hashwatt.kernels.cpu.variants import SCAN, Variant, variants

pytestmark = pytest.mark.elsewhere

# Linux, Windows and macOS on both kinds of processor, as LLVM calls them.
TRIPLES = {
    "x86_64": ("x86_64-unknown-linux-gnu", "x86_64-pc-windows-msvc", "x86_64-apple-macosx"),
    "aarch64": ("arm64-apple-macosx", "aarch64-unknown-linux-gnu", "aarch64-pc-windows-msvc"),
}
CPUS = {"x86_64": "x86-64", "aarch64": "generic"}
PLAIN, ROLLED = variants(rolled=False), variants(rolled=True)


@pytest.fixture(scope="module", autouse=True)
def compilers() -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.initialize_native_asmparser()


@pytest.fixture
def imitated(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Kernels are emitted for a processor of that architecture with all that a kernel asks for, and nothing else."""
    kernel: Variant = request.getfixturevalue("kernel")
    triple: str = request.getfixturevalue("triple")
    architecture = next(name for name, triples in TRIPLES.items() if triple in triples)

    def attributes(without: tuple[str, ...] = ()) -> str:
        wanted = [f"+{name}" for name in sorted(kernel.requires)] + [f"-{name}" for name in without]
        return f'"target-cpu"="{CPUS[architecture]}" "target-features"="{",".join(wanted)}"'

    for place in (module, features):
        monkeypatch.setattr(place, "host_attributes", attributes)


def pairs(kernels: list[Variant]) -> list[object]:
    return [
        pytest.param(kernel, triple, id=f"{kernel.name}-{triple}")
        for kernel in kernels
        for triple in TRIPLES.get(kernel.architecture or "", TRIPLES["x86_64"] + TRIPLES["aarch64"])
    ]


def assembled(kernel: Variant, triple: str, optimised: bool) -> bytes:
    """The object file of a kernel for a system. Skips where this LLVM cannot read assembly for that processor."""
    emitted = kernel.emit(SCAN, "scan")
    if "asm sideeffect" in emitted and triple.startswith("x86_64") != llvm.get_default_triple().startswith("x86_64"):
        pytest.skip("this LLVM has the assembler of its own machine only")
    parsed = llvm.parse_assembly(emitted)
    parsed.verify()
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=2 if optimised else 0, reloc="pic")
    return bytes(machine.emit_object(parsed))


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
    assert len(assembled(kernel, triple, optimised=False)) > 2_000


@pytest.mark.slow  # some seconds each on a busy machine, and 90 of them
@pytest.mark.parametrize(("kernel", "triple"), pairs([*PLAIN, *ROLLED]))
@pytest.mark.usefixtures("imitated")
def test_every_kernel_is_machine_code_on_every_system(kernel: Variant, triple: str) -> None:
    code = assembled(kernel, triple, optimised=True)
    assert len(code) > 2_000
    magic = {"linux": b"\x7fELF", "apple": b"\xcf\xfa\xed\xfe", "windows": None}
    expected = next(bytes_ for name, bytes_ in magic.items() if name in triple)
    assert expected is None or code.startswith(expected)
