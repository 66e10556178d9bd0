"""How work is measured, proven and stored.

Knows devices only by their capabilities, work only through the protocols of `kernels.workloads`, and nothing of how
results are shown. In: devices, work and a challenge. Out: results, and verdicts on them. `api` has what callers use;
`run/` goes from what was asked to what was measured.
"""
