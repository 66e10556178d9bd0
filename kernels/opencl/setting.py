"""What a device's kernel is run with: the variant, and how the work is dealt out."""

from __future__ import annotations

from dataclasses import dataclass

from .codegen.variant import Variant

# A launch on a GPU that also drives a display must let it draw within 0.1 s; and Ctrl-C waits for two.
TARGET_LAUNCH_S = 0.05
# Where the driver says that it ends no launch for a display's sake: the fewer, the less their ends leave idle.
HEADLESS_LAUNCH_S = 0.2
# In a device's `limits`: 1 where the driver ends launches that keep a display waiting, 0 where it says it does not.
DISPLAY_LIMIT = "ends_long_launches"
# Where nothing is known of a device's speed yet; a simulator takes seconds for it.
FIRST_LAUNCH_HASHES = 1 << 14
FEWEST_HASHES_A_LAUNCH = 1 << 8
# Keeps 32-bit indices from wrapping.
MOST_NONCES_A_LAUNCH = 1 << 30


# In a name, before how the work is dealt out.
DEALT = "/"


@dataclass(frozen=True)
class Tuning:
    """`vectors_per_item`: vectors of nonces each work-item hashes; `local_size`: work-items a work-group.

    `refined`: these are not what its kind of device begins with. `backend`: whose kernel it is.
    """

    variant: Variant
    vectors_per_item: int = 64
    local_size: int = 1
    refined: bool = False
    backend: str = "opencl"

    @property
    def name(self) -> str:
        """What a race and a result call it: `opencl-x16-shift-shared-standard`, with `/256x4` where it is refined."""
        return f"{self.backend}-{self.variant.name}" + (
            f"{DEALT}{self.vectors_per_item}x{self.local_size}" if self.refined else ""
        )

    def nonces_a_group(self) -> int:
        """Nonces that one work-group hashes."""
        return self.variant.width * self.vectors_per_item * self.local_size

    def shape(self, nonces: int) -> tuple[int, int]:
        """For so many nonces: the work-items to launch, in whole work-groups, and the work-items a group."""
        if self.variant.form == "pipeline":
            return 1, 1
        return -(-nonces // self.nonces_a_group()) * self.local_size, self.local_size


class Pace:
    """How many hashes to give a launch, learnt from the launches before it."""

    def __init__(self, hashrate_hs: float | None = None, launch_s: float = TARGET_LAUNCH_S) -> None:
        """`hashrate_hs`: the rate of an earlier race, where there was one. `launch_s`: what a launch shall take."""
        self._launch_s = launch_s
        self.hashes = int(hashrate_hs * launch_s) if hashrate_hs else FIRST_LAUNCH_HASHES

    def nonces(self, tuning: Tuning, prefixes: int) -> int:
        """Nonces for the next launch, in whole work-groups where that is one or more."""
        wanted = min(max(self.hashes // prefixes, 1), MOST_NONCES_A_LAUNCH)
        group = tuning.nonces_a_group()
        return wanted // group * group or wanted

    def observe(self, hashes: int, seconds: float) -> None:
        """Learn from a launch. It may grow fourfold: short launches tell little, and the first one compiles, too."""
        if hashes * 4 < self.hashes:
            return
        wanted = hashes * self._launch_s / max(seconds, 1e-6)
        self.hashes = int(min(max(wanted, FEWEST_HASHES_A_LAUNCH), 4 * self.hashes))
