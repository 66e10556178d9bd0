"""Devices in processes of their own, so that a driver that crashes or hangs costs its own result only.

In: a backend's name and the calls of the Device protocol. Out: the same answers, or one sentence on how the process
died. `device` is our end, `worker` the other, `process` the pipe between them and `messages` what travels on it.
"""
