"""The one description of SHA-256d, and the graph it becomes: partially evaluated, regrouped, counted, scheduled.

Every kernel is emitted from here; nothing here knows a target language or a machine.
"""
