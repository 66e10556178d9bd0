"""Comparisons and histories as what is printed and stored: sentences, Markdown, a document.

In: comparisons and histories. Out: text, tables, and the document that `--json` prints.
"""
