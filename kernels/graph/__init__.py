"""The expression graph that a description becomes: partially evaluated, regrouped, lowered, counted, scheduled.

In: a description written over abstract 32-bit words. Out: a program of operations, each with the time at which its
value is known. Nothing here knows a target language or a machine.
"""
