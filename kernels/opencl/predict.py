"""The hashrate of a GPU that is not at hand: units × boost clock ÷ the clocks that a unit needs for a hash.

The instructions come from the graph, by kind (`codegen/costs`); what a unit does a clock on each of its pipes comes
from `kernels/machines`, units and clocks of the cards from the data file `gpus.csv`. Nothing is fitted to measured
hashrates. Predictions are *modelled* figures and say how wrong they may be.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

from ..errors import InputError
from ..machines.gpus import Bound, Clocks, GpuUnit, gpu_units
from .codegen.costs import Cost, InstructionSet, cost_of_hash, rules_of
from .codegen.pipes import SHARES, Pipes
from .codegen.variant import Variant

# Published ÷ predicted of hashcat's results, as docs/performance.md has them, lies between these: some cards do not
# hold their boost clock at their power limit (RTX 6000 Ada), most run above it.
LOW, HIGH = 0.83, 1.31
# What makers, drivers and shops put around a model's name; whatever else stands there makes it another model.
NOISE = frozenset(
    {"nvidia", "amd", "ati", "geforce", "radeon", "tesla", "instinct", "graphics", "card", "gpu", "tm", "r", "the"}
    | {"edition"}
)
WORD = re.compile(r"[a-z]+|[0-9]+")


@dataclass(frozen=True)
class Gpu:
    """A row of the data file. `driver_names`: what its driver calls it besides."""

    name: str
    architecture: str
    units: int
    boost_hz: float
    source: str
    driver_names: tuple[str, ...] = ()

    @property
    def rules(self) -> InstructionSet:
        """How its compiler writes the hash."""
        return rules_of(self.architecture)

    @property
    def unit(self) -> GpuUnit:
        """What one of its units does a clock."""
        return gpu_units()[self.architecture]

    @property
    def both_pipes(self) -> tuple[Pipes, ...]:
        """The ways to deal the hash out between its pipes; none where it has no multiplier beside its logic."""
        if "multiply_high" not in self.unit.rates:
            return ()
        return tuple(pipes for pipes in SHARES if pipes != "none")

    def clocks(self, cost: Cost, bound: Bound = "likely") -> Clocks:
        """The clocks that one unit needs for a hash of this cost."""
        return self.unit.clocks(asdict(cost), bound)

    def rate_per_s(self, cost: Cost, bound: Bound = "likely") -> float:
        """Hashes of this cost a second, of all units at the boost clock."""
        return self.units * self.boost_hz / self.clocks(cost, bound).clocks


@dataclass(frozen=True)
class Prediction:
    """A modelled hashrate, and the range in which all published results lay that it was held against.

    `kernel`: the variant that it is of. `clocks`: those of one unit for one hash, and the pipe that needs them.
    """

    gpu: Gpu
    kernel: str
    cost: Cost
    clocks: Clocks
    hashrate_hs: float
    low_hs: float
    high_hs: float
    origin: str = "modelled"

    def __repr__(self) -> str:
        rate, low, high = (f"{rate_hs / 1e9:.2f}" for rate_hs in (self.hashrate_hs, self.low_hs, self.high_hs))
        return f"Prediction({self.gpu.name}: {rate} GH/s {self.origin}, likely {low} to {high} GH/s)"


def predict(name: str, pipes: Pipes = "none") -> Prediction:
    """The modelled SHA-256d hashrate of the GPU called `name`. Raises InputError, which lists those that are known.

    `pipes`: how the operations are dealt out between a GPU's pipes; "none" leaves that to the compiler.

    >>> predict("rtx4090")
    Prediction(GeForce RTX 4090: 9.13 GH/s modelled, likely 7.57 to 11.96 GH/s)
    """
    gpu = find_gpu(name)
    if pipes != "none" and pipes not in gpu.both_pipes:
        raise InputError(f"{gpu.name} has no multiplier beside its logic; leave the pipes out")
    kernel = Variant(1, "rotate", "xor", pipes=pipes).name
    cost = cost_of_hash(gpu.rules, pipes)
    return Prediction(
        gpu,
        kernel,
        cost,
        gpu.clocks(cost),
        gpu.rate_per_s(cost),
        LOW * gpu.rate_per_s(cost, "low"),
        HIGH * gpu.rate_per_s(cost, "high"),
    )


def predict_both_pipes(name: str) -> Prediction | None:
    """The same for the way to deal the hash out that should be fastest; None for a GPU with one pipe."""
    ways = [predict(name, pipes) for pipes in find_gpu(name).both_pipes]
    return max(ways, key=lambda prediction: prediction.hashrate_hs, default=None)


def find_gpu(name: str) -> Gpu:
    """The GPU of that name, with or without its maker's and its brand's, whatever the spaces and case.

    A name that says more than ours is another GPU's: those for laptops, and such as `RTX 4090 D`, have other units and
    clocks. Raises InputError, which names the most similar one.
    """
    wanted = _model(name)
    matches = [gpu for gpu in known_gpus() if wanted and _is_called(gpu, wanted)]
    if len(matches) == 1:
        return matches[0]
    # "H100" says too little to be one of them, and is no other GPU either.
    matches = matches or [gpu for gpu in known_gpus() if _begins(gpu, wanted)]
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
            row["architecture"],
            int(row["units"]),
            float(row["boost_mhz"]) * 1e6,
            row["source"],
            tuple(name for name in row["driver_names"].split("|") if name),
        )


def _model(name: str) -> tuple[str, ...]:
    """The words and numbers of a name that tell the model, "RTX4090" like "rtx 4090"."""
    return tuple(word for word in WORD.findall(name.lower()[:200]) if word not in NOISE)


def _begins(gpu: Gpu, wanted: tuple[str, ...]) -> bool:
    """Whether a name with a number in it is the beginning of the model's."""
    return wanted == _model(gpu.name)[: len(wanted)] and any(word.isdigit() for word in wanted)


def _is_called(gpu: Gpu, wanted: tuple[str, ...]) -> bool:
    """Whether the whole model is meant, or its number with all that follows it, or it is what its driver says."""
    model = _model(gpu.name)
    from_number = next((index for index, word in enumerate(model) if word.isdigit()), 0)
    return wanted in (model, model[from_number:], *map(_model, gpu.driver_names))
