"""What makes a measurement less sure: one closed list of warnings.

In: the machine, samples, roofs and energy records. Out: `WarningRecord`s: a code, and one sentence with the cause and
what to do about it.
"""
