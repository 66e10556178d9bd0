"""Figures and foreign text in words: units, ratios, and strings made safe to show. Knows no result."""
