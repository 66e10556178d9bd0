"""The rounds of a run: which of them count, and how far the rate may lie from the truth by what they tell.

In: rounds of the result model. Out: the same with what was left out and why, and the interval of all work ÷ all time.
Nothing here looks at a clock or a device, so that whoever verifies a result does it again.
"""
