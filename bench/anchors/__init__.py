"""Other people's clocks: from when a challenge can have been known, and by when a record was there.

In: a beacon's document or a time-stamping authority's token. Out: a challenge that ends with the one, a record that
holds the other, and for whoever reads it bounds of time, and so of the rate, that do not rest on the measuring
machine's clock.
"""
