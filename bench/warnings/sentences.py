"""The warnings there are: each names the cause and what to do about it. A closed list, kept in the result as codes."""

from __future__ import annotations

from ...kernels.system.quota import Throttling
from ..result.printable import printable
from ..result.warning import WarningRecord
from ..sampling.plan import FEWEST_SAMPLES, HALF_WIDTH


def drift(relative_change: float) -> WarningRecord:
    """The rate moved steadily."""
    direction = "rose" if relative_change > 0 else "fell"
    return WarningRecord(
        code="drift",
        text=f"the rate {direction} by {abs(relative_change):.1%} from the first sample to the last, so it "
        "depends on when it was taken; let the machine settle and measure longer (-t 60)",
    )


def throttling(relative_change: float, evidence: str) -> WarningRecord:
    """The rate fell and stayed down."""
    return WarningRecord(
        code="throttling",
        text=f"the rate fell by {abs(relative_change):.1%} during the run ({evidence}), as when a device protects "
        "itself from heat or hits a power limit; improve its cooling or raise the limit, and let it cool before",
    )


def two_levels(low_of_high: float, share: float) -> WarningRecord:
    """The rate goes to and fro between two levels."""
    return WarningRecord(
        code="two_levels",
        text=f"the rate had two levels, the lower {low_of_high:.0%} of the higher and {share:.0%} of the time: rate "
        "and joules are the mean over both, and another run may have another share; find what holds the device back",
    )


def contention(other_load: float) -> WarningRecord:
    """Other programs ran on the same CPUs."""
    return WarningRecord(
        code="contention",
        text=f"other programs kept {other_load:.2g} CPUs busy during the samples; close them and measure again",
    )


def stolen_time(stolen_load: float) -> WarningRecord:
    """The hypervisor gave CPU time to others."""
    return WarningRecord(
        code="stolen_time",
        text=f"the hypervisor took {stolen_load:.2g} CPUs away for other machines during the samples; measure on a "
        "dedicated machine or at a quieter hour",
    )


def virtual_machine(hypervisor: str) -> WarningRecord:
    """It was measured in a virtual machine."""
    return WarningRecord(
        code="virtual_machine",
        text=f"this is a virtual machine ({hypervisor}), whose rate also depends on its neighbours and whose clock "
        "cannot be read; measure on the bare machine for figures to publish",
    )


def driver_broken(reason: str) -> WarningRecord:
    """A driver is installed and does not work, so that devices may be missing."""
    return WarningRecord(code="driver_broken", text=printable(reason))


def container(name: str) -> WarningRecord:
    """It was measured in a container."""
    return WarningRecord(
        code="container",
        text=f"this is a container ({name}), which may be limited to a part of the machine; lift its CPU limits or "
        "measure outside it",
    )


def quota(cpus: float, during: Throttling | None) -> WarningRecord:
    """The control group grants less than the CPUs that are there."""
    held = ""
    if during is not None and during.periods:
        held = f", and it was throttled in {during.throttled} of {during.periods} periods"
    return WarningRecord(
        code="quota",
        text=f"a quota held it to {cpus:.3g} CPUs{held}: the rate is the quota's, not the machine's; lift the quota "
        "(CPUQuota=, --cpus) and measure again",
    )


def foreign_root() -> WarningRecord:
    """What is told of the machine was read from another place than the system."""
    return WarningRecord(
        code="foreign_root",
        text="HASHWATT_ROOT was set, so that machine, meters and sensors are those of a tree of files: for trying what "
        "is read from it, never to be ranked; unset it to measure",
    )


def battery() -> WarningRecord:
    """It was measured on battery."""
    return WarningRecord(
        code="battery",
        text="the machine ran on battery, which lowers clocks; plug it in and measure again",
    )


def powersave_governor(governor: str) -> WarningRecord:
    """The system saves power at the cost of speed."""
    return WarningRecord(
        code="powersave_governor",
        text=f"the CPU frequency governor is {governor}, which may keep clocks low; set it to performance "
        "(sudo cpupower frequency-set -g performance) and measure again",
    )


def few_samples(count: int) -> WarningRecord:
    """The interval rests on little."""
    return WarningRecord(
        code="few_samples",
        text=f"only {count} samples were taken ({FEWEST_SAMPLES} are the least for a sound interval); "
        "measure longer (-t 10)",
    )


def wide_interval(half_width: float) -> WarningRecord:
    """The rate is not known to within a percent."""
    return WarningRecord(
        code="wide_interval",
        text=f"the 95 % interval is ±{half_width:.1%} wide, more than the ±{HALF_WIDTH:.0%} aimed at; close other "
        "programs and measure longer (-t 60)",
    )


def clock_unknown() -> WarningRecord:
    """Nobody tells how fast the device ran."""
    return WarningRecord(
        code="clock_unknown",
        text="the device's clock cannot be read here, so a change of clock cannot be told from another cause; "
        "measure where the system shows it (a bare machine, a driver that reports clocks)",
    )


def failed_batches(count: int) -> WarningRecord:
    """Some launches failed and were repeated."""
    return WarningRecord(
        code="failed_batches",
        text=f"{count} batches failed, were not counted and were repeated; update the device's driver or check its "
        "cooling and power supply",
    )


def limit_exceeded(percent: float) -> WarningRecord:
    """The rate lies above what was measured as its roof."""
    return WarningRecord(
        code="limit_unsure",
        text=f"the device's own roof is unknown: the rate would be {percent:.1f} % of the one measured, which "
        "cannot be; let the machine settle and measure again",
    )


def limit_disturbed(other_load: float) -> WarningRecord:
    """Other programs ran while the roof was measured."""
    return WarningRecord(
        code="limit_unsure",
        text=f"other programs kept {other_load:.2g} CPUs busy while the device's own roof was measured, so the share "
        "of it is unsure; close them and measure again",
    )


def shared_cores(device_ids: list[str]) -> WarningRecord:
    """Devices that were measured at once are the same hardware."""
    names = f"{', '.join(device_ids[:-1])} and {device_ids[-1]}"
    return WarningRecord(
        code="shared_cores",
        text=printable(
            f"{names} run on the same cores, so that at once each gets a part of them and the sum is about what one "
            "reaches alone; to add to it, measure devices of different hardware together (-d)"
        ),
    )


def limit_unknown(reason: str) -> WarningRecord:
    """The device could not measure its own roof."""
    return WarningRecord(
        code="limit_unknown",
        # The reason says what helps.
        text=f"the device's own roof could not be measured, so no share of it is given: {printable(reason)}",
    )


def ended_early(samples: int, because: str) -> WarningRecord:
    """Sampling did not take its time."""
    return WarningRecord(
        code="ended_early", text=f"sampling ended after {samples} samples, before its time, because {because}"
    )


def race_ended_early(untried: int) -> WarningRecord:
    """The best kernels were not tried: `untried` is their number."""
    kernels = f"{untried} kernels that should be faster were" if untried != 1 else "1 kernel that should be faster was"
    return WarningRecord(
        code="race_ended_early",
        text=f"{kernels} not tried in the race's time; run it again on a quiet machine, which goes on with them",
    )


def date_unsure(created: str, release: str) -> WarningRecord:
    """The run is older than the program."""
    return WarningRecord(
        code="date_unsure",
        text=f"the clock says {created}, before this hashwatt was released ({release}), so the run's date is wrong and "
        "it has no place in time; set the clock",
    )


def meters_left_out(ids: list[str]) -> WarningRecord:
    """There are more meters than a result holds."""
    return left_out(
        f"{len(ids)} meters were not read, because a result holds no more ({', '.join(ids[:3])}…); name those that "
        "matter (--meter)"
    )


def left_out(what: str) -> WarningRecord:
    """Something does not fit the result model, or there is too much of it."""
    return WarningRecord(code="left_out", text=printable(what))
