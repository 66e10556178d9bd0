"""Taking the samples of a run: how long, in what batches, after what warm-up.

In: a workload (`bench/workload.py`) and a plan. Out: samples of the result model, timed by the one stopwatch there is.
"""
