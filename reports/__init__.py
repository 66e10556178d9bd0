"""How results are shown.

Knows results only through the result model, and trusts none of their strings.
"""
