"""The tables about GPUs in docs/, as Markdown: predictions, published results beside them, what compilers emit.

    python docs/gpu_tables.py predictions
    python docs/gpu_tables.py errors
    python docs/gpu_tables.py counts
    python docs/gpu_tables.py nvrtc

The first is registered in docs/opencl.md under its date, so that the first real card can refute it. Where the model
changes, a table with a new date is added and the older ones stay.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from hashwatt.kernels.cuda.compiler import compile_cuda
from hashwatt.kernels.cuda.executor import as_cuda
from hashwatt.kernels.device import DeviceInfo
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.opencl.codegen.costs import cost_of_hashcat
from hashwatt.kernels.opencl.codegen.dialect import CUDA
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.pipes import SHARES, Pipes
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.compilers.compare import instruction_counts
from hashwatt.kernels.opencl.compilers.count import KINDS
from hashwatt.kernels.opencl.compilers.count import counts as count
from hashwatt.kernels.opencl.compilers.toolchain import nvidia_tool
from hashwatt.kernels.opencl.predict import Prediction, find_gpu, known_gpus, predict, predict_both_pipes
from hashwatt.kernels.workloads.blake2s import description as blake2s
from hashwatt.kernels.workloads.gemm import opencl as gemm
from hashwatt.kernels.workloads.hashing import opencl as hashing
from hashwatt.kernels.workloads.keccak256 import description as keccak256
from hashwatt.kernels.workloads.scrypt import opencl as scrypt

PUBLISHED = Path(__file__).parents[1] / "tests" / "kernels" / "opencl" / "data" / "hashcat.csv"
HOPPER = "sm_90"
REGISTER = re.compile(r"\bR(\d+)\b")
LOCAL = re.compile(r"\b(?:LDL|STL)\b")
NVIDIA = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_103", "sm_110", "sm_120", "sm_121")
AMD = ("gfx803", "gfx900", "gfx906", "gfx908", "gfx90a", "gfx942", "gfx950", "gfx1010", "gfx1030", "gfx1100", "gfx1201")


def predictions() -> Iterator[str]:
    """One row a card: one pipe and both, with their ranges."""
    yield "| GPU | architecture | GH/s | likely | with both pipes | likely | kernel |"
    yield "|---|---|---|---|---|---|---|"
    for gpu in known_gpus():
        both = predict_both_pipes(gpu.name)
        ways = _rate(both) if both else "– | –"
        kernel = both.kernel.rpartition("-")[2] if both else "–"
        yield f"| {gpu.name} | {gpu.architecture} | {_rate(predict(gpu.name))} | {ways} | {kernel} |"


def _rate(prediction: Prediction) -> str:
    rates = (prediction.hashrate_hs, prediction.low_hs, prediction.high_hs)
    likely, low, high = (f"{rate_hs / 1e9:.2f}" for rate_hs in rates)
    return f"{likely} | {low} to {high}"


def errors() -> Iterator[str]:
    """One row a published result, with how far the model is from it."""
    yield "| GPU | architecture | mode | published MH/s | predicted | error | source |"
    yield "|---|---|---|---|---|---|---|"
    with PUBLISHED.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    order = {gpu.name: number for number, gpu in enumerate(known_gpus())}
    for row in sorted(rows, key=lambda row: (order[row["name"]], -int(row["mode"]), row["source"])):
        gpu = find_gpu(row["name"])
        published = float(row["hashrate_mhs"])
        predicted = gpu.rate_per_s(cost_of_hashcat(int(row["mode"]), gpu.rules)) / 1e6
        error = f"{predicted / published - 1:+.0%}".replace("-", "−").replace("+0%", "0%").replace("−0%", "0%")
        yield (
            f"| {gpu.name} | {gpu.architecture} | {row['mode']} | {published:,.0f} | {predicted:,.0f} | "
            f"{error.replace('%', ' %')} | {row['source']} |"
        )


def counts() -> Iterator[str]:
    """One row a kernel and architecture: instructions by kind as a compiler here emits them (and as counted)."""
    yield "| kernel | architecture | shift | logic | add | multiply | high word | other |"
    yield "|---|---|---|---|---|---|---|---|"
    for architecture in (*NVIDIA, *AMD):
        language = "sass" if architecture in NVIDIA else "amdgcn"
        for pipes in ways(architecture):
            variant = Variant(1, "rotate", "xor", pipes=pipes)
            try:
                found = instruction_counts(variant, "sass" if language == "sass" else "amdgcn", architecture)
            except InputError as error:
                print(f"{architecture}: {error}", file=sys.stderr)
                continue
            cells = (
                str(count.compiled)
                if count.modelled in (None, count.compiled)
                else f"{count.compiled} ({count.modelled})"
                for count in found
            )
            yield f"| {variant.name} | {architecture} | {' | '.join(cells)} |"


def nvrtc() -> Iterator[str]:
    """One row a kernel as CUDA runs it on an H100: what NVRTC makes of it, and whether its registers suffice."""
    yield "| kernel | shift | logic | add | multiply | high word | other | registers | local memory |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, source in cuda_sources():
        assembly = disassembled(compile_cuda(source, HOPPER).data)
        found = count("sass", assembly)
        # They are given out by eight.
        registers = -(-(max(map(int, REGISTER.findall(assembly))) + 1) // 8) * 8
        local = len(LOCAL.findall(assembly))
        cells = " | ".join(str(found[kind]) for kind in KINDS)
        yield f"| {name} | {cells} | {registers} | {local or 'none'} |"


def cuda_sources() -> Iterator[tuple[str, str]]:
    """The kernels that race on a card: those of the main job, and of other work that has a CUDA form."""
    for pipes in SHARES:
        for rolled in (False, True):
            variant = Variant(1, "rotate", "xor", pipes=pipes, rolled=rolled)
            yield variant.name, emit(variant, CUDA)
    card = DeviceInfo("cuda:0", "gpu", "a card", "NVIDIA", "cuda", "", languages=("opencl",), limits={})
    for work, graph in (("blake2s", blake2s.header_graph()), ("keccak256", keccak256.header_graph())):
        (kernel, *_) = hashing.kernels(graph, card)
        yield f"{work} {kernel.name}", as_cuda(kernel.source.text)
    yield "gemm float32", as_cuda(gemm.in_groups("float32", 4))
    (kernel,) = scrypt.kernels(card)
    yield f"scrypt {kernel.name}", as_cuda(kernel.source.text)


def disassembled(cubin: bytes) -> str:
    """NVIDIA's assembly of a compiled kernel."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(cubin)
        return subprocess.run([nvidia_tool("nvdisasm"), "-c", path], capture_output=True, text=True, check=True).stdout


def ways(architecture: str) -> Iterable[Pipes]:
    """The ways to deal operations out that the table has for an architecture: all of them for one."""
    if architecture in AMD:
        return ("none",)
    return SHARES if architecture == "sm_90" else ("none", "rot15")


TABLES = {"predictions": predictions, "errors": errors, "counts": counts, "nvrtc": nvrtc}

if __name__ == "__main__":
    if sys.argv[1:] not in [[name] for name in TABLES]:
        raise SystemExit(f"give one of {', '.join(TABLES)}")
    for line in TABLES[sys.argv[1]]():
        print(line, flush=True)
