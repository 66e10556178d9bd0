"""The warnings there are: each names the cause and what to do about it. A closed list, kept in the result as codes."""

from __future__ import annotations

from ...kernels.system.quota import Throttling
from ..result.printable import printable
from ..result.warning import WarningRecord
from ..sampling.plan import FEWEST_SAMPLES, HALF_WIDTH

# A sentence fits a line of any terminal, whatever stands in it: what is long is cut.
MOST_LETTERS = 120
MOST_NAMED = 3


def drift(relative_change: float) -> WarningRecord:
    """The rate moved steadily."""
    direction = "rose" if relative_change > 0 else "fell"
    return WarningRecord(
        code="drift",
        text=f"the rate {direction} by {abs(relative_change):.1%} from first to last sample; let the machine settle "
        "and measure longer (-t 60)",
    )


def throttling(relative_change: float, evidence: str) -> WarningRecord:
    """The rate fell and stayed down."""
    return WarningRecord(
        code="throttling",
        text=f"the rate fell by {abs(relative_change):.1%} ({printable(evidence, 39)}); improve the device's cooling "
        "or raise its power limit",
    )


def two_levels(low_of_high: float, share: float) -> WarningRecord:
    """The rate goes to and fro between two levels."""
    return WarningRecord(
        code="two_levels",
        text=f"the rate had two levels, the lower {low_of_high:.0%} of the higher and {share:.0%} of the time; find "
        "what holds the device back",
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
        text=f"the hypervisor gave {stolen_load:.2g} CPUs to other machines during the samples; measure on a "
        "dedicated machine",
    )


def rounds_left_out(left_out: int, rounds: int, because: str) -> WarningRecord:
    """Some rounds do not count."""
    return WarningRecord(
        code="rounds_left_out",
        text=f"{left_out} of {rounds} rounds do not count ({printable(because, 50)}); measure on a quiet machine",
    )


def few_rounds(count: int) -> WarningRecord:
    """The interval rests on the prior more than on what was measured."""
    return WarningRecord(
        code="few_rounds",
        text=f"the rate rests on {'one round' if count == 1 else f'{count} rounds'}, so its interval is mostly what is "
        "usual; measure longer (-t 10)",
    )


def odd_rounds(numbers: list[int], rounds: int, of_others: float) -> WarningRecord:
    """The rate of some rounds lies apart, and no cause is in sight."""
    named = ", ".join(map(str, numbers[:MOST_NAMED])) + ("…" if len(numbers) > MOST_NAMED else "")
    return WarningRecord(
        code="odd_rounds",
        text=f"round{'s' * (len(numbers) > 1)} {named} of {rounds} ran at {of_others:.0%} of the others' rate, for no "
        "cause that was measured; measure longer (-t 60)",
    )


def held_by_quota(cpus: float) -> WarningRecord:
    """A quota throttled the work."""
    return WarningRecord(
        code="quota",
        text=f"a quota held back {cpus:.2g} CPUs, so the rate is the quota's; lift it (CPUQuota=, --cpus) and "
        "measure again",
    )


def translated(translator: str) -> WarningRecord:
    """It was measured in a process that another kind of processor runs."""
    return WarningRecord(
        code="translated",
        text=f"this Python is translated ({printable(translator, 24)}), so its figures are too; install one for this "
        "processor",
    )


def virtual_machine(hypervisor: str) -> WarningRecord:
    """It was measured in a virtual machine."""
    return WarningRecord(
        code="virtual_machine",
        text=f"this is a virtual machine ({printable(hypervisor, 32)}) with neighbours; "
        "to publish, measure a bare machine",
    )


def memory_stalls(stood_still: int, pages: int, median_s: float) -> WarningRecord:
    """The host of a virtual machine holds up memory that had been used before."""
    return WarningRecord(
        code="memory_stalls",
        text=f"this virtual machine's host held up {stood_still} of {pages} pages of 2 MiB by {1e3 * median_s:.2g} ms "
        "each; measure memory on a bare one",
    )


def driver_broken(reason: str) -> WarningRecord:
    """A driver is installed and does not work, so that devices may be missing."""
    return WarningRecord(code="driver_broken", text=printable(reason))


def container(name: str) -> WarningRecord:
    """It was measured in a container."""
    return WarningRecord(
        code="container",
        text=f"this is a container ({printable(name, 30)}), which may be limited; lift its limits or measure outside",
    )


def quota(cpus: float, during: Throttling | None) -> WarningRecord:
    """The control group grants less than the CPUs that are there."""
    held = ""
    if during is not None and during.periods:
        held = f" (throttled {during.throttled / during.periods:.0%} of the time)"
    return WarningRecord(
        code="quota",
        text=f"a quota held it to {cpus:.3g} CPUs{held}, so the rate is the quota's; lift it (CPUQuota=, --cpus)",
    )


def foreign_root() -> WarningRecord:
    """What is told of the machine was read from another place than the system."""
    return WarningRecord(
        code="foreign_root",
        text="HASHWATT_ROOT was set: machine and sensors are those of a tree of files, never to be ranked; unset it to "
        "measure",
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
        text=f"the frequency governor {printable(governor, 20)} may keep clocks low; use performance (cpupower "
        "frequency-set -g performance)",
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
        text=f"the 95 % interval is ±{half_width:.1%} wide, above ±{HALF_WIDTH:.0%}; close other programs and measure "
        "longer (-t 60)",
    )


def clock_unknown() -> WarningRecord:
    """Nobody tells how fast the device ran."""
    return WarningRecord(
        code="clock_unknown",
        text="the device's clock cannot be read, so its change is no known cause; measure where the system shows it",
    )


def clock_moved(low_hz: float, high_hz: float) -> WarningRecord:
    """Its cores ran at other clocks in other rounds."""
    return WarningRecord(
        code="clock_moved",
        text=f"its cores' clock moved between {low_hz / 1e9:.2f} and {high_hz / 1e9:.2f} GHz; let the machine "
        "settle, and measure longer",
    )


def failed_batches(count: int) -> WarningRecord:
    """Some launches failed and were repeated."""
    return WarningRecord(
        code="failed_batches",
        text=f"{count} batches failed and were repeated; update the driver or check cooling and power supply",
    )


def limit_exceeded(percent: float) -> WarningRecord:
    """The rate lies above what was measured as its roof."""
    return WarningRecord(
        code="limit_unsure",
        text=f"the roof is unknown: the rate would be {percent:.4g} % of the one measured; let the machine settle and "
        "measure again",
    )


def limit_disturbed(other_load: float) -> WarningRecord:
    """Other programs ran while the roof was measured."""
    return WarningRecord(
        code="limit_unsure",
        text=f"other programs kept {other_load:.2g} CPUs busy while the roof was measured; "
        "close them and measure again",
    )


def shared_cores(device_ids: list[str]) -> WarningRecord:
    """Devices that were measured at once are the same hardware."""
    names = " and ".join(printable(name, 10) for name in device_ids[:2])
    others = f" (and {len(device_ids) - 2} more)" if len(device_ids) > 2 else ""
    return WarningRecord(
        code="shared_cores",
        text=f"{names}{others} are on the same cores, so they slow each other; measure different hardware",
    )


def limit_unknown(reason: str) -> WarningRecord:
    """The device could not measure its own roof."""
    return WarningRecord(
        code="limit_unknown",
        # The reason says what helps.
        text=f"the roof could not be measured: {printable(reason)}",
    )


def near_cache(what: str, times: float, remedy: str, cache: str = "the largest cache") -> WarningRecord:
    """What the work moves, or what its roof was measured with, is too small to be beyond the caches."""
    return WarningRecord(
        code="near_cache",
        text=f"{what} of {times:.2g} times {cache}, less than 4, may come from it in part; {remedy}",
    )


def ended_early(samples: int, because: str) -> WarningRecord:
    """Sampling did not take its time."""
    return WarningRecord(code="ended_early", text=f"sampling ended after {samples} samples: {printable(because, 80)}")


def cut_short() -> WarningRecord:
    """A suite had no time for all the samples that a workload wants."""
    return WarningRecord(
        code="ended_early",
        text="sampled for shorter than usual, for the suite to end in time; -t NAME=SECONDS takes a time in full",
    )


def race_ended_early(untried: int) -> WarningRecord:
    """The best kernels were not tried: `untried` is their number."""
    kernels = f"{untried} kernels that should be faster were" if untried != 1 else "1 kernel that should be faster was"
    return WarningRecord(
        code="race_ended_early",
        text=f"{kernels} not tried in the race's time; run it again, which goes on with them",
    )


def date_unsure(created: str, release: str) -> WarningRecord:
    """The run is older than the program."""
    return WarningRecord(
        code="date_unsure",
        text=f"the clock says {printable(created, 12)}, before this hashwatt's release ({printable(release, 12)}); set "
        "the clock",
    )


def meters_left_out(ids: list[str]) -> WarningRecord:
    """There are more meters than a result holds."""
    return left_out(
        f"{len(ids)} meters ({printable(ids[0], 30)} …) are more than a result holds, and not read; name some (--meter)"
    )


def left_out(what: str) -> WarningRecord:
    """Something does not fit the result model, or there is too much of it."""
    return WarningRecord(code="left_out", text=printable(what))
