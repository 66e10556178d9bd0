"""What the system tells."""
