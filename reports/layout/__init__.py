"""A report laid out for showing, before any format: a headline, rows and tables of text, or plain figures.

In: a `Report` or a collection. Out: text on one line, free of hidden characters; each format adds its own escapes.
"""
