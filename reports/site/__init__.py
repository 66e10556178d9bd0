"""A static site of many results: an index, a page a device and a page a result, the raw files beside them.

In: result files. Out: a folder that needs no server but one of files, with a list of what was written there, so that
nothing else in it is ever touched.
"""
