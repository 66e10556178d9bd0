"""A core on a real FPGA family: synthesised, placed and routed with open tools, and packed into a bitstream."""
