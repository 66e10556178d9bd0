"""What files and documents held by the names of hashes before other work came: kept as it was, None for other work."""

from __future__ import annotations

from collections.abc import Mapping

from ...bench.result.measurement import Measurement

PARAMETER = "prefixes"


def prefixes_of(device: Measurement) -> int | None:
    """The rolled versions a nonce; None where no kernel ran, or the work has no such thing."""
    prefixes = device.parameters.get(PARAMETER)
    return prefixes if device.kernel is not None and isinstance(prefixes, int) else None


def parameters_of_old(extra: Mapping[str, object]) -> dict[str, int | float | str]:
    """The parameters in a benchmark that an older version wrote: it had this one only."""
    prefixes = extra.get(PARAMETER)
    return {PARAMETER: prefixes} if isinstance(prefixes, int) else {}
