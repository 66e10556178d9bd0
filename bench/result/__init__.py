"""What a run leaves behind: the result model, and the files it is kept in.

In: what devices and systems say of themselves, and files from anybody. Out: bounded, printable, strict records; whole
files or none. Knows nothing of how a result is measured, checked or shown.
"""
