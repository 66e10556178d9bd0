"""What the host computes for a core, once for each header: the words that do not depend on the nonce."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.words import MASK, IntegerWords
from ..headers.job import Job
from ..sha256.fips180 import K, big_sigma_0, message_schedule, one_round, padding, small_sigma_0, small_sigma_1
from ..sha256.mining import HEADER_BYTES
from .shape import Shape

WORDS = IntegerWords()
STATE_WORDS = 7
DIGEST_WORDS = 8


def core_job(shape: Shape, job: Job, prefix: int, start_nonce: int) -> list[int]:
    """The words to shift into a core, first one first: those of `JobWords`, in its order.

    The nonce the core counts is the header's word 19 with its bytes in order, as headers are read on
    screen; the message word is that with its bytes reversed.
    """
    midstate = job.midstates[prefix]
    message = [*job.tail, 0, *padding(WORDS, HEADER_BYTES)]
    state: Sequence[int] = midstate
    for t in range(shape.first_round):
        state = one_round(WORDS, state, K[t], message[t])
    x = (
        state[7]
        + K[shape.first_round]
        + (0 if message_word_is_nonce(shape.first_round) else message[shape.first_round])
    ) & MASK
    return [*starting_state(shape, state), x, *midstate, *_message(shape, message), start_nonce]


def message_word_is_nonce(t: int) -> bool:
    """Whether message word t of the header's second block is the nonce."""
    return t == 3


def starting_state(shape: Shape, state: Sequence[int]) -> list[int]:
    """The seven words a…g that a pipeline starts from; see `SkewedRounds.start` for the skewed form."""
    a, b, c, d, e, f, g, _ = state
    if shape.skewed:
        a = (a - big_sigma_0(WORDS, b) - WORDS.majority(b, c, d)) & MASK
    return [a, b, c, d, e, f, g]


def _message(shape: Shape, message: Sequence[int]) -> list[int]:
    """The message words that the core cannot know: all, or those that come after the nonce's round."""
    if shape.full:
        return list(message[:3])
    w16, w17 = message_schedule(WORDS, message)[16:18]
    before_nonce_18 = WORDS.add(small_sigma_1(WORDS, w16), message[11], message[2])
    before_nonce_19 = WORDS.add(small_sigma_1(WORDS, w17), message[12], small_sigma_0(WORDS, message[4]))
    return [w16, w17, before_nonce_18, before_nonce_19]
