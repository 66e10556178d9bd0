"""Many machines in one run, on Dask. In: a scheduler's address and the options of a run. Out: one result.

Each machine measures in a process of its own, told what to do on its standard input (`member`), which ends with it.
A worker of Dask's starts that process and passes on its words (`on_worker`); whoever leads the run asks the workers
every second (`leader`, over `link`), so that every silence is noticed, and puts the parts together (`merge`).
"""
