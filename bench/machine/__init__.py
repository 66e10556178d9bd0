"""What the machine is and what it is doing: read from the system, bounded, None where the system does not tell.

In: the files, commands and counters of Linux, macOS and Windows. Out: the `Machine` of the result model, and readings
of load, clock and temperature beside each sample.
"""
