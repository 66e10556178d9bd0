"""The kinds of meter: one file a kind, behind the protocol of `bench/energy/meter.py`.

In: a driver's library, the kernel's files, a plug on the network, a command. Out: counters and watts with their step,
their scope and what they cover, or why there is no such meter here. `registry` lists them.
"""
