"""Whether all of this machine's memory is as near to each of its cores."""

from __future__ import annotations

import sys
from functools import cache

from .system_files import count_in, read_text

# Nodes that have memory, as Linux lists them: "0", "0-1".
NODES = "/sys/devices/system/node/has_memory"
NODES_BYTES = 4096


@cache
def is_one_node() -> bool:
    """Whether one controller (or one group of them) serves all cores; False also where nobody tells. Never raises."""
    if sys.platform == "darwin":
        return True
    try:
        return count_in(read_text(NODES, NODES_BYTES)) is not None
    except OSError:
        return False
