"""A fresh regtest chain, kept by Bitcoin Core's own validation code in a process of its own.

Bitcoin Core's code is a foreign native library: what it does wrong must not end the process that runs all tests.
`python -m tests.kernels.regtest_chain FOLDER` reads blocks in hexadecimal, one a line, and answers each with the
height of the chain's tip thereafter.
"""

from __future__ import annotations

import importlib.util
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

IS_HERE = importlib.util.find_spec("pbk") is not None
WHY_NOT = "py-bitcoinkernel (Bitcoin Core's validation code) has no wheel here"
ANSWER_S = 60.0
TREE = Path(__file__).parents[2]


class ChainDied(Exception):
    """Bitcoin Core's process gave no answer: how it ended, and its last words."""


class Chain:
    """The chain, from this side: a context manager, at whose end the process is gone."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", __spec__.name, str(folder)]
        self._errors = (folder / "errors.txt").open("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            command, cwd=TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()
        self.height = self._answer()

    def __enter__(self) -> Chain:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self._errors.close()

    def accepts(self, block: bytes) -> bool:
        """Whether Bitcoin Core takes the block as the chain's new tip."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{block.hex()}\n")
            self.process.stdin.flush()
        except OSError:
            raise self._died() from None
        before, self.height = self.height, self._answer()
        return self.height == before + 1

    def _listen(self, answers: IO[str]) -> None:
        for line in answers:
            self._answers.put(line)
        self._answers.put("")

    def _answer(self) -> int:
        try:
            line = self._answers.get(timeout=ANSWER_S)
        except queue.Empty:
            raise ChainDied(f"no answer within {ANSWER_S:.0f} s") from None
        if not line:
            raise self._died()
        return int(line)

    def _died(self) -> ChainDied:
        code = self.process.wait(ANSWER_S)
        self._errors.seek(0)
        return ChainDied(f"Bitcoin Core's process ended with {code}: {self._errors.read()[-2000:]}")


def serve(folder: Path) -> None:
    """Keep the chain: a block a line on standard input, a height a line on standard output."""
    import pbk  # type: ignore[import-untyped,unused-ignore]

    options = pbk.ContextOptions()
    options.set_chainparams(pbk.ChainParameters(pbk.ChainType.REGTEST))
    context = pbk.Context(options)
    manager = pbk.ChainstateManager(pbk.ChainstateManagerOptions(context, str(folder), str(folder / "blocks")))
    print(manager.get_active_chain().height, flush=True)
    for line in sys.stdin:
        try:
            manager.process_block(pbk.Block(bytes.fromhex(line)))
        except pbk.ProcessBlockException as refusal:
            print(refusal, file=sys.stderr)
        print(manager.get_active_chain().height, flush=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
