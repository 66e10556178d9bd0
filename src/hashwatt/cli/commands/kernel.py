"""`hashwatt kernel`: the generated source of a kernel."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import click

from ..output import Output, shared_options
from ..sections import SectionedCommand

if TYPE_CHECKING:
    from ...kernels.opencl.codegen.variant import Variant
    from ...kernels.opencl.compilers.compile import Language

# What a compiler makes of a kernel, and for which architecture unless it is given.
COMPILED = {"ptx": "sm_90", "sass": "sm_90", "amdgcn": "gfx1100"}
LANGUAGES = ("opencl", "cuda", "llvm", *COMPILED)


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt kernel                                     OpenCL C, one nonce a work-item, as for a GPU
  hashwatt kernel x16-shift-shared-scheduled          as a CPU's runtime gets it
  hashwatt kernel pipeline-x1-shift-shared-standard   the form for FPGA compilers
  hashwatt kernel --rolled > kernel.cl                for version-rolled headers
  hashwatt kernel --emit llvm                         LLVM IR, as this CPU runs it
  hashwatt kernel --emit cuda                         CUDA C++: the same text with CUDA's words for OpenCL's
  hashwatt kernel --emit sass --target sm_90          what NVIDIA's compiler makes of it for an H100
  hashwatt kernel x1-rotate-xor-standard-rot15 --emit sass --counts

\b
`hashwatt devices --kernels` names the kernels of the CPU; a result names the one that ran.
PTX and amdgcn want a clang (14 or newer), SASS ptxas and nvdisasm besides: no GPU, and no driver.
""",
)
@click.argument("name", required=False)
@click.option("--emit", type=click.Choice(LANGUAGES), default="opencl", help="The language to print (opencl).")
@click.option(
    "--target", metavar="ARCH", help="What to compile for: sm_75 to sm_121 (sm_90), gfx803 to gfx1201 (gfx1100)."
)
@click.option(
    "--counts", is_flag=True, help="Print the instructions of a hash by kind, compiled and counted in the graph."
)
@click.option("--rolled", is_flag=True, help="The kernel for jobs of several header prefixes.")
@shared_options
@click.pass_obj
def kernel(output: Output, name: str | None, emit: str, target: str | None, counts: bool, rolled: bool) -> None:
    """Print the generated source of a kernel, or what a compiler makes of it."""
    from ...kernels.errors import InputError

    if (target is not None or counts) and emit not in COMPILED:
        raise InputError(f"--target and --counts need a compiled language; add --emit {' or '.join(COMPILED)}")
    if emit == "llvm":
        full_name, source = llvm_source(name, rolled)
    elif emit in COMPILED:
        architecture = target or COMPILED[emit]
        if counts:
            _print_counts(output, name, rolled, emit, architecture)
            return
        full_name, source = compiled_source(name, rolled, emit, architecture)
    else:
        full_name, source = opencl_source(name, rolled, emit)
    if output.as_json:
        output.document({"kernel": full_name, "language": emit, "source": source})
        return
    click.echo(source, nl=False)


def opencl_source(name: str | None, rolled: bool, dialect: str = "opencl") -> tuple[str, str]:
    """The full name of an OpenCL kernel, and its source in OpenCL C or CUDA C++. Raises InputError."""
    from ...kernels.errors import InputError
    from ...kernels.opencl.codegen.dialect import DIALECTS
    from ...kernels.opencl.codegen.emit import emit

    variant = variant_called(name, rolled)
    if variant.width > DIALECTS[dialect].widest or (variant.form == "pipeline" and dialect == "cuda"):
        raise InputError(f"{variant.name} is OpenCL's alone; give a kernel of one nonce a work-item (x1-…)")
    return variant.name, emit(variant, DIALECTS[dialect])


def variant_called(name: str | None, rolled: bool) -> Variant:
    """The OpenCL kernel of that name; the first that GPUs race unless given. Raises InputError."""
    from ...kernels.opencl.codegen.variant import parse_variant
    from ...kernels.opencl.tuning.candidates import GPU_VARIANTS

    variant = GPU_VARIANTS[0] if name is None else parse_variant(name)
    return variant.of_job(rolled)


def compiled_source(name: str | None, rolled: bool, language: str, architecture: str) -> tuple[str, str]:
    """The full name of an OpenCL kernel, and what the compilers here make of it. Raises InputError."""
    from ...kernels.opencl.codegen.emit import emit
    from ...kernels.opencl.compilers.compile import compiled_to

    variant = compilable(variant_called(name, rolled))
    return variant.name, compiled_to(cast("Language", language), emit(variant), architecture)


def compilable(variant: Variant) -> Variant:
    """The variant, where the compilers for GPUs are given such. Raises InputError."""
    from ...kernels.errors import InputError

    if variant.width > 1 or variant.form == "pipeline":
        raise InputError(f"{variant.name} is none for GPUs; give a kernel of one nonce a work-item (x1-…)")
    return variant


def _print_counts(output: Output, name: str | None, rolled: bool, language: str, architecture: str) -> None:
    from ...kernels.errors import InputError
    from ...kernels.opencl.compilers.compare import instruction_counts

    if language == "ptx":
        raise InputError("PTX is no machine code, and ptxas merges its instructions; count --emit sass instead")
    if rolled:
        raise InputError("instructions are counted for one prefix; leave --rolled out")
    variant = compilable(variant_called(name, rolled))
    found = instruction_counts(variant, cast("Language", language), architecture)
    if output.as_json:
        output.document(
            {
                "kernel": variant.name,
                "language": language,
                "target": architecture,
                "counts": [asdict(count) for count in found],
            }
        )
        return
    output.line(f"{variant.name}, {architecture}: instructions a hash")
    for count in found:
        modelled = "–" if count.modelled is None else f"{count.modelled}"
        output.line(f"  {count.kind:<14} {count.compiled:>5} compiled {modelled:>6} modelled")


def llvm_source(name: str | None, rolled: bool) -> tuple[str, str]:
    """The full name of a CPU kernel (the first one that this CPU can run unless given), and its source."""
    from ...kernels.cpu.variants import SCAN, variants
    from ...kernels.errors import InputError

    known = {variant.name: variant for variant in variants(rolled)}
    runnable = [variant for variant in known.values() if variant.missing() is None]
    wanted = runnable[0] if name is None else known.get(name)
    if wanted is None:
        raise InputError(f"there is no CPU kernel {name!r:.40}; `hashwatt devices --kernels` lists them")
    return wanted.name, wanted.emit(SCAN, "scan")
