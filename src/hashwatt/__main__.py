"""`python -m hashwatt`."""
