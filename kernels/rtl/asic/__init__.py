"""A core in standard cells: synthesis, static timing and energy, from a Liberty file and nothing else."""
