"""`hashwatt predict`: the modelled hashrate of a GPU that is not at hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ...reports.ladder.words import hashrate_text
from ..output import Output, shared_options

if TYPE_CHECKING:
    from ...kernels.opencl.predict import Prediction

PIPES = {"logic": "the logic", "multiplier": "the multiplier", "vector": "the vector units", "issue": "the schedulers"}


@click.command(
    epilog="""\b
Examples:
  hashwatt predict rtx4090               units × boost clock ÷ clocks a hash
  hashwatt predict "RX 6800 XT" --json
  hashwatt predict                       all GPUs whose units and clocks are known

\b
"With both pipes" is what a kernel may reach that the race tries on NVIDIA's GPUs: their multiplier does a part of the
work. Nothing is fitted to measured hashrates; docs/performance.md has the table of errors.
"""
)
@click.argument("name", required=False)
@shared_options
@click.pass_obj
def predict(output: Output, name: str | None) -> None:
    """Predict the hashrate of a GPU from its units, its clock and the kernel's instructions on each pipe."""
    from ...kernels.opencl.predict import known_gpus, predict_both_pipes
    from ...kernels.opencl.predict import predict as model

    names = [name] if name is not None else [gpu.name for gpu in known_gpus()]
    predictions = [(model(gpu), predict_both_pipes(gpu)) for gpu in names]
    if output.as_json:
        output.document(
            {
                "predictions": [
                    {
                        "name": entry.gpu.name,
                        "architecture": entry.gpu.architecture,
                        **_figures(entry),
                        "both_pipes": None if both is None else _figures(both),
                        "units": entry.gpu.units,
                        "boost_hz": entry.gpu.boost_hz,
                        "source": entry.gpu.source,
                    }
                    for entry, both in predictions
                ]
            }
        )
        return
    for entry, both in predictions:
        output.line(f"{entry.gpu.name}: {_in_words(entry)}")
        if name is None:
            continue
        _line_of_parts(output, entry)
        if both is not None:
            output.line(f"  with both pipes, {both.kernel}: {_in_words(both)}")
            _line_of_parts(output, both)
        output.line(f"  units and clock: {entry.gpu.source}")


def _figures(prediction: Prediction) -> dict[str, object]:
    return {
        "kernel": prediction.kernel,
        "origin": prediction.origin,
        "hashrate_hs": prediction.hashrate_hs,
        "low_hs": prediction.low_hs,
        "high_hs": prediction.high_hs,
        "instructions_per_hash": asdict(prediction.cost),
        "clocks_per_hash": prediction.clocks.clocks,
        "binds": prediction.clocks.binds,
    }


def _in_words(prediction: Prediction) -> str:
    low, high = hashrate_text(prediction.low_hs), hashrate_text(prediction.high_hs)
    return f"{hashrate_text(prediction.hashrate_hs)} {prediction.origin}, likely {low} to {high}"


def _line_of_parts(output: Output, prediction: Prediction) -> None:
    gpu, clocks = prediction.gpu, prediction.clocks
    output.line(
        f"  {gpu.units} units × {gpu.boost_hz / 1e9:.3f} GHz ÷ {clocks.clocks:.1f} clocks a hash, "
        f"of {PIPES[clocks.binds]}; {prediction.cost.total} instructions"
    )
