"""From the description of the hash to OpenCL C: variants, the forms of operations, and what they cost."""
