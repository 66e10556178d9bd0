"""The measuring process of one machine: `python -m hashwatt.bench.fleet.member`, driven over its standard streams.

Its first line of input is an Order; `go SECONDS` and `stop` may follow. When its input ends, whoever wanted the result
is gone, and so is this process soon after. It answers with a Word a line.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

import msgspec

from .. import interrupts
from ..run.part import Part, as_part
from .words import GO, STOP, Order, Word

# How long a run that nobody waits for may take to end by itself.
GRACE_S = 15.0
# Waiting in slices: on Windows a wait without end cannot be interrupted.
SLICE_S = 0.1


class Line:
    """The conversation: what is said goes out whole, what is heard is acted on by a thread of its own."""

    def __init__(self, heard: IO[bytes], said: IO[bytes]) -> None:
        """A conversation over two streams."""
        self._heard = heard
        self._said = said
        self._lock = threading.Lock()
        self._go_s: float | None = None
        self._may_go = threading.Event()

    def order(self) -> Order:
        """What is to be done: the first line. Raises msgspec.MsgspecError."""
        return msgspec.json.decode(self._heard.readline(), type=Order)

    def say(self, word: Word) -> None:
        """Send a word; nobody need be there to hear it."""
        data = msgspec.json.encode(word) + b"\n"
        with self._lock:
            try:
                self._said.write(data)
                self._said.flush()
            except OSError:
                return

    def listen(self) -> None:
        """From now on, act on what is heard."""
        threading.Thread(target=self._listen, name="leader's words", daemon=True).start()

    def wait_to_go(self) -> None:
        """Say that all is ready, and wait for the word and then for the moment. Raises KeyboardInterrupt."""
        self.say(Word(ready=True))
        while not self._may_go.wait(SLICE_S):
            interrupts.check()
        assert self._go_s is not None
        while (left_s := self._go_s - time.monotonic()) > 0:
            time.sleep(min(SLICE_S, left_s))
            interrupts.check()

    def _listen(self) -> None:
        for line in self._heard:
            word, _, rest = line.decode(errors="replace").strip().partition(" ")
            if word == GO:
                self._go_s = time.monotonic() + max(0.0, float(rest))
                self._may_go.set()
            elif word == STOP:
                end_the_run()
        end_the_run()
        time.sleep(GRACE_S)
        os._exit(0)


def end_the_run() -> None:
    """As Ctrl-C would."""
    if os.name == "posix":
        # A signal also ends a wait within a call.
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        _thread.interrupt_main()


class Telling:
    """The progress of a run, told to whoever leads; only new stages are, which is all that is shown of many."""

    def __init__(self, say: Callable[[Word], None]) -> None:
        """Progress that is told with `say`."""
        self._say = say

    def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
        """See Progress."""
        self._say(Word(device=device, stage=text))

    def advance(self, amount: float, rate: float | None) -> None:
        """Nothing: it would be a message for each sample."""

    def done(self) -> None:
        """Nothing."""


def measure(order: Order, line: Line) -> Word:
    """The last word: the result, or in a sentence why there is none."""
    from ...kernels.errors import HashwattError
    from ...kernels.system.numba_settings import default_settings
    from ..api import run
    from ..result.file import encode
    from ..run.assignment import failure_sentence

    part = Part(order.run_id, order.trial, line.wait_to_go if order.together else lambda: None)
    try:
        with default_settings(), interrupts.Deferred(), as_part(part):
            result = run(**order.options, progress=Telling(line.say))
            return Word(result=msgspec.Raw(msgspec.json.encode(msgspec.json.decode(encode(result)))))
    except KeyboardInterrupt:
        return Word(failed="it was interrupted before anything was measured")
    except HashwattError as error:
        return Word(failed=str(error))
    except Exception as error:
        return Word(failed=failure_sentence(error))


def main() -> None:
    """Measure as ordered. What drivers print goes to the standard error, so that only words stand in the answer."""
    interrupts.install()
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    line = Line(sys.stdin.buffer, said)
    order = line.order()
    from ...kernels.errors import HashwattError, shortage_of
    from ...kernels.system.baseline import require_numpy_to_load

    try:
        line.listen()
        require_numpy_to_load()
        line.say(measure(order, line))
    except HashwattError as error:
        line.say(Word(failed=str(error)))
    except KeyboardInterrupt:
        line.say(Word(failed="it was interrupted before anything was measured"))
    except Exception as error:
        shortage = shortage_of(error)
        if shortage is None:
            raise
        line.say(Word(failed=shortage))
    interrupts.ignore_from_now_on()
    said.flush()
    # A thread waits for more input, and a driver's end may hang; nothing is left to be done.
    os._exit(0)


if __name__ == "__main__":
    main()
