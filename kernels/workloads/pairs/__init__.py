"""Products of pairs of operands: what the workloads that multiply share.

Operands derive from the challenge and are small whole numbers, so that every product is exact whatever order a device
adds in. Each left operand meets each right one of its pool once: no pair comes twice, so nothing can be reused, and few
operands have to be made. Answers are digests over blocks of lines of the products; a stranger computes some again.

`inputs` says what operands hold, `prints` what is kept of products, `numbering` which operands a product has; `product`
is what a workload brings, `task` drives a device with it, `verify` looks at the evidence.
"""
