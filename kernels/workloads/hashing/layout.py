"""Where the words of a kernel's results stand, for the kernel that writes them and the host that reads them."""

from __future__ import annotations

# How many hashes passed the filter; the XOR of all last words, as the kernel holds them; the nonces that passed.
HITS = 0
XOR = 1
FIRST_NONCE = 2
# Nonces there is room for; a scan that passes more is split and done again.
ROOM = 4096
WORDS = FIRST_NONCE + ROOM
