"""What can be computed and measured: one folder a workload, and what all of them share.

In: an open device with a capability (`kernels.device`), a challenge to derive inputs from. Out: exact amounts of
work and evidence for them. A workload's folder holds its description, an implementation for each kind of device,
its oracle and the code that verifies its evidence; nothing outside the folder knows its name. Its entry in
`registry`, or an entry point of another distribution in the group `hashwatt.workloads`, makes it measurable.
"""
