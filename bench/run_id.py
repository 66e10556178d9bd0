"""Run ids: what tells one run's inputs from another's, though their challenge be the same."""

from __future__ import annotations

from hashlib import sha256


def together_run_id(run_id: str) -> str:
    """The run id under which the devices of a run work when they are measured at once: on other inputs than alone."""
    return sha256(f"hashwatt together {run_id}".encode()).hexdigest()[: len(run_id)]


def setting_run_id(run_id: str, setting: str) -> str:
    """The run id under which a device works with one of the settings that a run alternates: on inputs of its own."""
    return sha256(f"hashwatt setting {run_id} {setting}".encode()).hexdigest()[: len(run_id)]
