"""How results are shown.

Knows results only through the result model, and trusts none of their strings. In: result files from anywhere. Out: what
a terminal, a page, a table or a chart shows. `collect` reads, `document` gathers what is said, `layout` puts it into
words, and the formats write it.
"""
