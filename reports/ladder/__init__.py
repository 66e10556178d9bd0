"""The ladder CPU → GPU → FPGA → ASIC, and the network's difficulty over the years.

In: `reports/data/`, our own modelled cores, and measured devices as points. Out: medians and ratios a rung, and the
place that a hashrate would have had in the network.
"""
