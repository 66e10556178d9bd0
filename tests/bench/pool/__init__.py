"""The measuring pool."""
