"""The cores that kernels run on: which there are, what they can do, their caches and their clock."""
