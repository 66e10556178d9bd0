"""Live ASICs."""
