"""Texts and numbers of Windows' registry, all below HKEY_LOCAL_MACHINE."""

from __future__ import annotations

from importlib import import_module

PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"


def registry_text(key: str, name: str) -> str | None:
    """A text of the registry without the space around it; None where there is none, or this is no Windows."""
    try:
        registry = import_module("winreg")
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, key) as place:
            value, _ = registry.QueryValueEx(place, name)
    except (ImportError, OSError):
        return None
    return " ".join(value.replace("\0", " ").split()) or None if isinstance(value, str) else None
