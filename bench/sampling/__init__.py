"""Taking the samples of a run: how long, in what batches, after what warm-up.

In: a task (a workload on a device) and a plan. Out: samples of the result model, timed by the one stopwatch there is.
"""
