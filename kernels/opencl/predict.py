"""The hashrate of a GPU that is not at hand: units × lanes × boost clock ÷ instructions a hash.

The instructions come from the graph (`costs`), the rest from the data file `gpus.csv`. Nothing is
fitted to measured hashrates. Predictions are *modelled* figures and say how wrong they may be.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..errors import InputError
from .codegen.costs import INSTRUCTION_SETS, Cost, InstructionSet, cost_of_hash

# Of the published results in docs/performance.md the worst is predicted 19 % too low, the next 14 %; none 3 % too high.
LOW, HIGH = 0.95, 1.25
# What makers, drivers and shops put around a model's name; whatever else stands there makes it another model.
NOISE = frozenset({"nvidia", "amd", "ati", "geforce", "radeon", "graphics", "card", "gpu", "tm", "r", "the", "edition"})
WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Gpu:
    """A row of the data file."""

    name: str
    instruction_set: InstructionSet
    units: int
    lanes: int
    boost_hz: float
    source: str

    @property
    def operations_per_s(self) -> float:
        """32-bit integer operations a second, at the boost clock."""
        return self.units * self.lanes * self.boost_hz


@dataclass(frozen=True)
class Prediction:
    """A modelled hashrate, and the range in which all published results lay that it was held against."""

    gpu: Gpu
    cost: Cost
    hashrate_hs: float
    low_hs: float
    high_hs: float
    origin: str = "modelled"

    def __repr__(self) -> str:
        rate, low, high = (f"{rate_hs / 1e9:.2f}" for rate_hs in (self.hashrate_hs, self.low_hs, self.high_hs))
        return f"Prediction({self.gpu.name}: {rate} GH/s {self.origin}, likely {low} to {high} GH/s)"


def predict(name: str) -> Prediction:
    """The modelled SHA-256d hashrate of the GPU called `name`. Raises InputError, which lists those that are known.

    >>> predict("rtx4090")
    Prediction(GeForce RTX 4090: 9.13 GH/s modelled, likely 8.67 to 11.41 GH/s)
    """
    gpu = find_gpu(name)
    cost = cost_of_hash(gpu.instruction_set)
    hashrate_hs = gpu.operations_per_s / cost.limiting
    return Prediction(gpu, cost, hashrate_hs, LOW * hashrate_hs, HIGH * hashrate_hs)


def find_gpu(name: str) -> Gpu:
    """The GPU of that name, with or without its maker's and its brand's, whatever the spaces and case.

    A name that says more than ours is another GPU's: those for laptops, and such as `RTX 4090 D`, have other units and
    clocks. Raises InputError, which names the most similar one.
    """
    wanted = _model(name)
    matches = [gpu for gpu in known_gpus() if wanted and _is_called(_model(gpu.name), wanted)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise InputError(f"{name!r:.30} is {len(matches)} GPUs; give one: {', '.join(gpu.name for gpu in matches)}")
    models = {" ".join(_model(gpu.name)): gpu.name for gpu in known_gpus()}
    similar = difflib.get_close_matches(" ".join(wanted)[:100], models, 1)
    like = f", as {models[similar[0]]} is" if similar else ""
    raise InputError(f"{name!r:.30} is no GPU of known units and clocks{like}; `hashwatt predict` lists those")


@cache
def known_gpus() -> tuple[Gpu, ...]:
    """All rows of the data file, in its order."""
    return tuple(_read())


def _read() -> Iterator[Gpu]:
    text = files(__package__).joinpath("gpus.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    for row in rows:
        yield Gpu(
            row["name"],
            INSTRUCTION_SETS[row["instruction_set"]],
            int(row["units"]),
            int(row["lanes"]),
            float(row["boost_mhz"]) * 1e6,
            row["source"],
        )


def _model(name: str) -> tuple[str, ...]:
    """The words and numbers of a name that tell the model, "RTX4090" like "rtx 4090"."""
    return tuple(word for word in WORD.findall(name.lower()[:200]) if word not in NOISE)


def _is_called(model: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """Whether the whole model is meant, or its number with all that follows it (without the series before it)."""
    from_number = next((index for index, word in enumerate(model) if word.isdigit()), 0)
    return wanted in (model, model[from_number:])
