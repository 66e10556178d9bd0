"""Mining for a pool."""
