"""`hashwatt predict`: the modelled hashrate of a GPU that is not at hand."""

from __future__ import annotations

import click

from ...reports.ladder.words import hashrate_text
from ..output import Output, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt predict rtx4090               units × lanes × boost clock ÷ instructions a hash
  hashwatt predict "RX 6800 XT" --json
  hashwatt predict                       all GPUs whose units and clocks are known

\b
Nothing is fitted to measured hashrates; docs/performance.md has the table of errors.
""",
)
@click.argument("name", required=False)
@shared_options
@click.pass_obj
def predict(output: Output, name: str | None) -> None:
    """Predict a GPU's hashrate from its units, clock and instructions."""
    from ...kernels.opencl.predict import known_gpus
    from ...kernels.opencl.predict import predict as model

    predictions = [model(gpu) for gpu in ([name] if name is not None else [gpu.name for gpu in known_gpus()])]
    if output.as_json:
        output.document(
            {
                "predictions": [
                    {
                        "name": entry.gpu.name,
                        "origin": entry.origin,
                        "hashrate_hs": entry.hashrate_hs,
                        "low_hs": entry.low_hs,
                        "high_hs": entry.high_hs,
                        "instructions_per_hash": entry.cost.total,
                        "limiting_instructions_per_hash": entry.cost.limiting,
                        "operations_per_s": entry.gpu.operations_per_s,
                        "source": entry.gpu.source,
                    }
                    for entry in predictions
                ]
            }
        )
        return
    for entry in predictions:
        output.line(
            f"{entry.gpu.name}: {hashrate_text(entry.hashrate_hs)} {entry.origin}, "
            f"likely {hashrate_text(entry.low_hs)} to {hashrate_text(entry.high_hs)}"
        )
        if name is not None:
            output.line(
                f"  {entry.gpu.units} units × {entry.gpu.lanes} lanes × {entry.gpu.boost_hz / 1e9:.3f} GHz ÷ "
                f"{entry.cost.limiting:.0f} integer instructions a hash"
            )
            output.line(f"  units and clock: {entry.gpu.source}")
