"""What the HTML page alone has: a line a device with its bar, the sheet behind it, the table of runs, the contents.

In: a `Report`. Out: what the templates in this folder lay out (`reports/formats/html.py` puts them together); all text
is plain and is escaped by the templates. `page.css` and `page.js` are the page's one style sheet and its one script.
"""
