"""What a device's kernel is run with: the variant, and how the work is dealt out."""

from __future__ import annotations

from dataclasses import dataclass

from .codegen.variant import Variant

# A launch on a GPU that also drives a display must let it draw within 0.1 s; and Ctrl-C waits for two.
TARGET_LAUNCH_S = 0.05
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

    `refined`: these are not what its kind of device begins with.
    """

    variant: Variant
    vectors_per_item: int = 64
    local_size: int = 1
    refined: bool = False

    @property
    def name(self) -> str:
        """What a race and a result call it: `opencl-x16-shift-shared-standard`, with `/256x4` where it is refined."""
        return f"opencl-{self.variant.name}" + (
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

    def __init__(self, hashrate_hs: float | None = None) -> None:
        """`hashrate_hs`: the rate of an earlier race, where there was one."""
        self.hashes = int(hashrate_hs * TARGET_LAUNCH_S) if hashrate_hs else FIRST_LAUNCH_HASHES

    def nonces(self, tuning: Tuning, prefixes: int) -> int:
        """Nonces for the next launch, in whole work-groups where that is one or more."""
        wanted = min(max(self.hashes // prefixes, 1), MOST_NONCES_A_LAUNCH)
        group = tuning.nonces_a_group()
        return wanted // group * group or wanted

    def observe(self, hashes: int, seconds: float) -> None:
        """Learn from a launch. It may grow fourfold: short launches tell little, and the first one compiles, too."""
        if hashes * 4 < self.hashes:
            return
        wanted = hashes * TARGET_LAUNCH_S / max(seconds, 1e-6)
        self.hashes = int(min(max(wanted, FEWEST_HASHES_A_LAUNCH), 4 * self.hashes))
