"""Trying to pass off what was not measured: forgeries, and how much a claim may exceed the work.

`python -m tests.attack` prints the tables of docs/proof.md, `-o docs/proof.md` writes them there.
"""
