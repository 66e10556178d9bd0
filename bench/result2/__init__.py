"""The result model: what a run leaves behind, read from files of every version and kept in the newest.

In: what was measured (records of `machine`, `measurement`, `energy`, `warning`). Out: one JSON file a run, strict and
bounded. `model` has the whole, `version1` what the first version's files hold, `upgrade` makes the one of the other.
"""
