"""How work is measured, proven and stored.

Knows devices only through the Device protocol, and nothing of how results are shown. In: devices and a challenge.
Out: results, and verdicts on them. `api` has what callers use; `session` measures one device, `together` all at once.
"""
