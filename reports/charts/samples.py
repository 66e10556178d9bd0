"""One run of one device over time: the rate of each sample, and clock and temperature where they are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from ...bench.rates import possible_clock_hz
from ...bench.result.measurement import Sample
from ..collect.device_name import device_name
from ..collect.gather import Entry, key_of
from ..layout.work_words import variant_text
from ..wording.units import rate_text, rate_unit
from ..wording.visible import visible
from .canvas import Chart, Frame
from .scales import linear
from .style import colour_of

RATE_PX = 190
EXTRA_PX = 96
LEFT_PX = 74
BOTTOM_PX = 42
GAP_PX = 34
# A line of more points is not told from a thinner one.
MOST_POINTS = 400

Reading = Callable[[Sample], float | None]
EXTRAS: tuple[tuple[str, str, float, Reading], ...] = (
    ("clock, GHz", "", 1e-9, lambda sample: possible_clock_hz(sample.clock_hz)),
    ("temperature, °C", "", 1.0, lambda sample: sample.temperature_c),
)


def samples_chart(entry: Entry, name: str, with_work: bool = False) -> Chart:
    """The chart of one verified run; `with_work`: its title says what was computed, too."""
    samples = entry.samples
    extras = [extra for extra in EXTRAS if any(extra[3](sample) is not None for sample in samples)]
    known = ", with " + " and ".join(extra[0].partition(",")[0] for extra in extras) if extras else ""
    work = ", ".join(filter(None, (visible(entry.device.workload, 80), variant_text(entry.device))))
    steered = visible(key_of(entry).setting.words, 80)
    name_told = ", ".join(filter(None, (device_name(entry.device), steered)))
    title = f"Samples of {name_told}{f': {work}' if with_work else ''}"
    rate = entry.rate
    middle = "median" if entry.result.written_as == 1 else "rate of all work"
    return Chart(
        name=name,
        title=title,
        alt=(
            f"{len(samples)} samples over {entry.device.seconds:.3g} seconds{known}: {middle} "
            f"{rate_text(rate.value, entry.device.unit)}, from "
            f"{rate_text(min(map(rate_of, samples)), entry.device.unit)} to "
            f"{rate_text(max(map(rate_of, samples)), entry.device.unit)}."
        ),
        caption=f"Run {entry.result.run_id[:8]} of {entry.result.created}. Dashes: the {middle}; band: its interval."
        + ("" if extras else " The device tells neither clock nor temperature."),
        height_px=lambda size: RATE_PX + EXTRA_PX * len(extras),
        draw=lambda figure, frame: draw_samples(figure, frame, entry, extras),
    )


def rate_of(sample: Sample) -> float:
    """Units of work a second in one sample."""
    return sample.amount / sample.seconds


def draw_samples(
    figure: FigureBase, frame: Frame, entry: Entry, extras: Sequence[tuple[str, str, float, Reading]]
) -> None:
    """Draw the rate above, the other readings below it on the same time axis."""
    samples = entry.samples
    ends = list(accumulate(sample.seconds for sample in samples))
    stride = -(-len(samples) // MOST_POINTS)
    panels = figure.subplots(
        1 + len(extras),
        1,
        sharex=True,
        squeeze=False,
        height_ratios=[2, *([1] * len(extras))],
        gridspec_kw=frame.grid(LEFT_PX, BOTTOM_PX, 1 + len(extras), GAP_PX),
    )[:, 0]
    colour = colour_of(entry.device.device.kind)
    draw_rates(panels[0], entry, ends[::stride], [rate_of(sample) for sample in samples][::stride], colour)
    for axes, (label, unit, scale, reading) in zip(panels[1:], extras, strict=True):
        readings = [(end, reading(sample)) for end, sample in zip(ends, samples, strict=True)][::stride]
        known = [(end, value * scale) for end, value in readings if value is not None]
        axes.plot(*zip(*known, strict=True), color=colour, linewidth=1.2, marker=".", markersize=4)
        axes.set_title(label)
        linear(axes.yaxis, unit, 3)
        axes.margins(y=0.2)
    panels[-1].set_xlim(0, ends[-1] * 1.01)
    panels[-1].set_xlabel("seconds of sampling")


def draw_rates(axes: Axes, entry: Entry, ends: Sequence[float], rates: Sequence[float], colour: str) -> None:
    """The rate of each sample over the median and its interval."""
    rate = entry.rate
    low, high = rate.low or rate.value, rate.high or rate.value
    axes.axhspan(low, high, color=colour, alpha=0.18, linewidth=0)
    axes.axhline(rate.value, color=colour, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.plot(ends, rates, color=colour, linewidth=1, marker="o", markersize=3)
    linear(axes.yaxis, rate_unit(entry.device.unit), 5)
    low, high = min(*rates, low), max(*rates, high)
    # A calm run must not look stormy: at least a tenth of the rate is in view.
    room = max((high - low) * 0.15, rate.value * 0.05)
    axes.set_ylim(max(low - room, 0), high + room)
    axes.set_title("rate")
