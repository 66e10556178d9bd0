"""SHA-256d as hardware: a core described once, simulated, placed on FPGAs and synthesised to standard cells."""
