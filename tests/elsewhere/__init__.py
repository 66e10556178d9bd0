"""Other systems, imitated on this one: whole programs; single functions are tried beside those they belong to."""
