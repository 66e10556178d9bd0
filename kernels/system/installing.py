"""What brings an extra of ours: one sentence part, used wherever one is missing.

No package index has hashwatt, so that `pip install "hashwatt[…]"` would find nothing, or a stranger's package.
"""

from __future__ import annotations


def install_extra(extra: str) -> str:
    """The command that installs an extra, and where it works.

    >>> install_extra("rtl")
    '`pip install ".[rtl]"` in a clone of hashwatt'
    """
    return f'`pip install ".[{extra}]"` in a clone of hashwatt'
