"""The fastest kernel of a device: which are candidates, the race, and what is remembered of it."""
