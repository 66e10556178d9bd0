"""Stratum without sockets."""
