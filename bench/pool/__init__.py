"""The measuring pool: miners of any kind are measured by the shares they find for jobs that derive from a challenge.

In come Stratum connections; out goes a result with one measurement a worker. The clock is the server's own, so whoever
runs the server need not believe the miner's.
"""
