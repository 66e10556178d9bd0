"""Where the words of the results buffer stand, for the kernel that writes it and the host that reads it."""

from __future__ import annotations

HITS = 0
XOR_H7 = 1
FIRST_RECORD = 2
# Words of a record: the prefix's index and the nonce.
RECORD_WORDS = 2
# Records there is room for at least; a launch that passes more hashes is split and done again.
CAPACITY = 4096
# Records fetched with the two counting words in one go: more are rare, and cost a second transfer.
RECORDS_FETCHED_FIRST = 63


def room_for(prefixes: int) -> int:
    """How many records the buffer of a job holds: at least all that one nonce can make."""
    return max(CAPACITY, prefixes)


def buffer_words(room: int) -> int:
    """32-bit words of a results buffer for `room` records."""
    return FIRST_RECORD + RECORD_WORDS * room
