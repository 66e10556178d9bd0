"""`hashwatt kernel`: the generated source of a kernel."""

from __future__ import annotations

import click

from ..output import Output, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt kernel                                     OpenCL C, one nonce a work-item, as for a GPU
  hashwatt kernel x16-shift-shared-scheduled          as a CPU's runtime gets it
  hashwatt kernel pipeline-x1-shift-shared-standard   the form for FPGA compilers
  hashwatt kernel --rolled > kernel.cl                for version-rolled headers
  hashwatt kernel --emit llvm                         LLVM IR, as this CPU runs it

\b
`hashwatt devices --kernels` names the kernels of the CPU; a result names the one that ran.
""",
)
@click.argument("name", required=False)
@click.option("--emit", type=click.Choice(["opencl", "llvm"]), default="opencl", help="The language to print (opencl).")
@click.option("--rolled", is_flag=True, help="The kernel for jobs of several header prefixes.")
@shared_options
@click.pass_obj
def kernel(output: Output, name: str | None, emit: str, rolled: bool) -> None:
    """Print the generated source of a kernel."""
    full_name, source = opencl_source(name, rolled) if emit == "opencl" else llvm_source(name, rolled)
    if output.as_json:
        output.document({"kernel": full_name, "language": emit, "source": source})
        return
    click.echo(source, nl=False)


def opencl_source(name: str | None, rolled: bool) -> tuple[str, str]:
    """The full name of an OpenCL kernel, and its source. Raises InputError."""
    from dataclasses import replace

    from ...kernels.opencl.codegen.emit import emit
    from ...kernels.opencl.codegen.variant import Variant, parse_variant

    variant = Variant(1, "rotate", "select") if name is None else parse_variant(name.removeprefix("opencl-"))
    variant = replace(variant, rolled=rolled)
    return variant.name, emit(variant)


def llvm_source(name: str | None, rolled: bool) -> tuple[str, str]:
    """The full name of a CPU kernel (the first one that this CPU can run unless given), and its source."""
    from ...kernels.cpu.variants import SCAN, variants
    from ...kernels.errors import InputError

    known = {variant.name: variant for variant in variants(rolled)}
    runnable = [variant for variant in known.values() if variant.missing() is None]
    wanted = runnable[0] if name is None else known.get(name)
    if wanted is None:
        raise InputError(f"there is no CPU kernel {name!r:.60}; choose one of {', '.join(known)}")
    return wanted.name, wanted.emit(SCAN, "scan")
