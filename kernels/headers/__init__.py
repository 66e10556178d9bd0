"""Block headers as work: jobs, targets, midstates, the genesis block, and hashlib as the word of truth."""
