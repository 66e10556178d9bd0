"""File formats of reports: one file a format, named like its suffix."""
