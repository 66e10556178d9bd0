"""What live ASICs say of themselves, as lines and as records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..reports.ladder.words import hashrate_text
from ..reports.wording.visible import visible

if TYPE_CHECKING:
    from ..bench.asic.reading import Reading


def reading_record(reading: Reading) -> dict[str, object]:
    """One miner of the JSON document."""
    return {
        "host": reading.host,
        "firmware": reading.firmware,
        "model": reading.model or None,
        "rates": [{"name": rate.name, "rate_hs": rate.rate_hs, "average_s": rate.average_s} for rate in reading.rates],
        "watts": None if reading.power is None else reading.power.watts,
        "watts_origin": None if reading.power is None else reading.power.origin,
        "temperatures_c": list(reading.temperatures_c),
        "chips": reading.chips,
        "uptime_s": reading.uptime_s,
    }


def reading_lines(reading: Reading) -> list[str]:
    """What a miner says, each figure with whose word it is."""
    name = reading.model or "a miner that does not say its model"
    lines = [f"asic:{visible(reading.host, 60)}: {visible(name, 60)}, {reading.firmware}; all by its own word:"]
    for rate in reading.rates:
        over = "over an unknown time" if rate.average_s is None else f"over {rate.average_s:,.0f} s"
        lines.append(f"  {hashrate_text(rate.rate_hs)} reported ({rate.name}, {over})")
    if reading.power is None:
        lines.append("  watts unknown: the firmware tells none; measure at the wall (--meter shelly://HOST)")
    else:
        lines.append(f"  {reading.power.watts:,.1f} W {reading.power.origin}")
    if reading.temperatures_c:
        lines.append(f"  {max(reading.temperatures_c):.0f} °C at the hottest of {len(reading.temperatures_c)} sensors")
    if reading.chips is not None:
        lines.append(f"  {reading.chips} chips")
    if reading.uptime_s is not None:
        lines.append(f"  up for {reading.uptime_s:,.0f} s")
    return lines
