"""A run of several kinds of work on one device or two: what a suite's result looks like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from hashwatt.bench.rates import rate_of
from hashwatt.bench.result.measurement import CeilingRecord, Measurement, Roof, Round, Sample
from hashwatt.bench.result.model import Result
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.evidence import Answer, Evidence, Recompute
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.pairs.numbering import block_lines, blocks_of
from hashwatt.kernels.workloads.pairs.product import Product
from hashwatt.kernels.workloads.registry import load_workload

from .factory import result, streaming, verified, with_energy

# Of a device that does 20 GB/s, 32 GFLOP/s in 32 bits and half of it in 64, 64 Gop/s on bytes.
CEILINGS = {"memory": ("byte", 20e9), "float32": ("flop", 32e9), "float64": ("flop", 16e9), "int8": ("operation", 64e9)}
SAMPLES = 12


def working(
    workload: str, rate: float, parameters: Mapping[str, Any], device: str = "cpu", faster: float = 1.0, **changes: Any
) -> Measurement:
    """A device (`faster` times as fast as CEILINGS) that multiplied; `rate` in the work's unit."""
    work = load_workload(workload)
    whole = work.parameters_of(parameters)
    counts = work.counts_of(whole)
    kind = Gemm if workload == "gemm" else Conv
    product: Product = kind(int(whole["size"]), str(whole["number"]))
    amount = product.lines * product.line_units
    readings = tuple(
        Sample(
            amount=amount, seconds=amount / rate, device_s=None, cpu_s=None, clock_hz=None, temperature_c=None,
            other_load=0.0, stolen_load=None,
        )
        for _ in range(SAMPLES)
    )  # fmt: skip
    return msgspec.structs.replace(
        verified(device, **changes),
        workload=workload,
        parameters=whole,
        unit=work.quantity.unit,
        rounds=(Round(start_s=0.0, warmup_s=1.0, counted=True, left_out=None, samples=readings),),
        amount=amount * SAMPLES,
        seconds=sum(sample.seconds for sample in readings),
        rate=rate_of(readings, work.quantity.unit),
        roof=roof_of(counts, rate, work.quantity.unit, faster) if set(counts) <= set(CEILINGS) else None,
        evidence=answers(product),
    )


def answers(product: Product) -> Evidence:
    """Evidence that accounts for SAMPLES products; nobody computed them."""
    blocks = blocks_of(product.lines)
    return Recompute(
        answers=tuple(
            Answer(
                index=number * blocks + block,
                amount=len(block_lines(block, product.lines)) * product.line_units,
                sample=number,
                digest_hex="0" * 64,
            )
            for number in range(SAMPLES)
            for block in range(blocks)
        )
    )


def roof_of(counts: Mapping[str, float], rate: float, unit: str, faster: float = 1.0) -> Roof:
    """The roof that follows from CEILINGS."""
    ceilings = tuple(
        CeilingRecord(name=name, unit=CEILINGS[name][0], rate=CEILINGS[name][1] * faster, count=count)
        for name, count in counts.items()
    )
    binding = min(ceilings, key=lambda ceiling: ceiling.rate / ceiling.count)
    limit = binding.rate / binding.count
    return Roof(
        rate=limit, unit=f"{unit}/s", origin="measured", percent=100 * rate / limit, binds=binding.name, clock_hz=None,
        cycles_per_unit=None, explanation="measured between the rounds", ceilings=ceilings,
    )  # fmt: skip


def moving(device: str = "cpu", rate: float = 19e9, faster: float = 1.0, **changes: Any) -> Measurement:
    """A device that moved bytes and computed a little with them."""
    entry = streaming(device, rate=rate, **changes)
    counts = {"memory": 1.0, "float64": 1 / 12}
    return msgspec.structs.replace(entry, roof=roof_of(counts, rate, "byte", faster))


def suite(run: int = 0, joules: bool = False, faster: float = 1.0, architecture: str = "") -> Result:
    """A run of five kinds of work on a CPU, two of them on a GPU, too; with `joules`, energies of the CPU's."""
    cpu = [
        moving(rate=19e9 * faster, faster=faster),
        working("gemm", 29e9 * faster, {"number": "float32"}, faster=faster),
        working("gemm", 14.8e9 * faster, {"number": "float64"}, faster=faster),
        working("conv", 14e9 * faster, {"number": "float32"}, faster=faster),
        working("conv", 12e9 * faster, {"number": "int16"}, faster=faster),
        working("conv", 30e9 * faster, {"number": "int8"}, faster=faster),
        verified(run=run, rate=25e6 * faster, roof_hs=27e6 * faster),
    ]
    if joules:
        watts = 40.0
        cpu = [
            with_energy(entry, 1e12 * watts / entry.rate.value) if entry.rate is not None else entry for entry in cpu
        ]
    gpu: dict[str, Any] = {"kind": "gpu", "name": "Radeon RX 6800", "backend": "opencl", "driver": "amdgpu 6.10"}
    on_gpu = [
        moving("opencl:0", rate=380e9 * faster, faster=20 * faster, **gpu),
        working("gemm", 500e9 * faster, {"number": "float32"}, "opencl:0", faster=20 * faster, **gpu),
    ]
    made = result(*cpu, *on_gpu, run=run)
    if architecture:
        (machine,) = made.machines
        made = msgspec.structs.replace(made, machines=(msgspec.structs.replace(machine, architecture=architecture),))
    return made
