"""Live ASICs, read only: what a miner's own firmware says of its rate, power, temperatures and uptime.

In comes a host that the user named; out go figures of the device's own word, marked as such. Commands that change
anything are not known here. Firmwares differ in names and units only, and those are data: `dialects.csv`.
"""
