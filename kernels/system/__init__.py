"""What the system tells of itself and allows: processor, memory, quotas, and files that may be trusted."""
