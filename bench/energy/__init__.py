"""Where joules come from: meters behind one small protocol, and what turns their readings into energy records.

In: the meters of this machine (`meters`), each behind the protocol in `meter`. Out: the energy records and the
telemetry of each device's result. `measurement` does it for a whole run: `sampler` and `telemetry` read beside the
device's work, `joules` turns the readings into figures with bounds.
"""
