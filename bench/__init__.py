"""How work is measured, proven and stored.

Knows devices only through the Device protocol, and nothing of how results are shown.
"""
