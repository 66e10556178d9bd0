"""The charts: drawn once, the same bytes for the same results, told apart by shape and fill and not by colour alone."""
