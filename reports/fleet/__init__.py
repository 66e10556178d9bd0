"""Many machines in one result: sums over them, and which of equal machines is slow, with the likely cause."""
