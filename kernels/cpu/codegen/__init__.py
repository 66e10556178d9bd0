"""From the description of the hash to LLVM IR and assembly: the bodies of the CPU kernels and their loops."""
