"""Other systems, imitated on this one: whole programs rather than single functions, which stand beside those they test."""
