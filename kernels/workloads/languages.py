"""Why a device cannot do work whose kernels are in other languages than its own."""

from __future__ import annotations

from collections.abc import Sequence

from ..device import DeviceInfo


def no_language(info: DeviceInfo, name: str, languages: Sequence[str]) -> str | None:
    """Why a device that compiles none of these languages cannot do the work; None where it compiles one."""
    if any(language in languages for language in info.languages):
        return None
    return f"{info.id} runs no kernels but its own; {name} needs a device that compiles {', '.join(languages)}"
