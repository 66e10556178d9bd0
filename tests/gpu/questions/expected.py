"""What the model says of this card."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

from ..pipes import MIXES
from .asked import Json, device_of

# What an operation of a stream is to the model of a unit's pipes.
MODELLED = {
    "add": "add2",
    "add3": "add3",
    "lop3": "logic",
    "lop2": "logic",
    "rotate": "shift",
    "mad": "multiply",
    "mad3": "multiply",
    "mul_hi": "multiply_high",
}


def expected(device_id: str) -> Json:
    """What is modelled for this card, before anything of it is measured: rates, and operations of each stream."""
    from hashwatt.kernels.machines.gpus import gpu_units
    from hashwatt.kernels.opencl.codegen.costs import cost_of_hash
    from hashwatt.kernels.opencl.codegen.pipes import SHARES
    from hashwatt.kernels.opencl.predict import HIGH, LOW, Gpu

    info = device_of(device_id).info
    architecture = _architecture(info)
    rated_hz = 1e6 * float(info.limits.get("max_clock_mhz") or 0)
    registered = _registered(info.name.partition(" (")[0])
    if architecture is None or architecture not in gpu_units() or not rated_hz or not info.compute_units:
        return {"why": f"no model of {architecture} with {info.compute_units} units", "registered": registered}
    card = Gpu(info.name, architecture, info.compute_units, rated_hz, "its driver")
    rates = {}
    for pipes in SHARES if card.both_pipes else ("none",):
        cost = cost_of_hash(card.rules, pipes)
        rates[pipes] = {
            "likely": card.rate_per_s(cost),
            "low": LOW * card.rate_per_s(cost, "low"),
            "high": HIGH * card.rate_per_s(cost, "high"),
        }
    streams = {}
    for mix in MIXES:
        with contextlib.suppress(KeyError):
            counts = Counter(MODELLED[kind] for kind in mix)
            streams["+".join(mix)] = len(mix) / card.unit.clocks(counts).clocks
    return {
        "architecture": architecture,
        "rated_hz": rated_hz,
        "hashrate_hs": rates,
        "per_unit_and_cycle": streams,
        "registered": registered,
    }


def _architecture(info: Any) -> str | None:
    """As compilers call it: what the CUDA driver says of the card at this place."""
    from hashwatt.kernels.cuda.driver import DriverError, cards, may_be_here

    if info.backend == "cuda":
        return str(info.driver).rpartition(", ")[2]
    with contextlib.suppress(DriverError):
        shown = cards()[1] if may_be_here() else []
        same = [card for card in shown if card.pci_address == info.pci_address] or shown[:1]
        return same[0].arch if same else None
    return None


def _registered(name: str) -> Json:
    """The predictions that stand in docs/opencl.md for a card of this name."""
    from hashwatt.kernels.errors import InputError
    from hashwatt.kernels.opencl.predict import predict, predict_both_pipes

    try:
        return {"one pipe": repr(predict(name)), "both pipes": repr(predict_both_pipes(name))}
    except InputError as error:
        return {"why": str(error)}
