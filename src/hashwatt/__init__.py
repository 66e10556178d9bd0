"""hashwatt."""
