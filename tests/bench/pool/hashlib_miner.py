"""A miner that hashes with hashlib: `python -m tests.bench.pool.hashlib_miner PORT SECONDS NAME`.

Slow, and right by itself: it makes headers as the protocol's description says, without a line of ours.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys
import threading
import time
from hashlib import sha256
from typing import Any


def double(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


class Miner:
    """Connects, hashes and hands in shares until `seconds` are over or the server hangs up; counts its hashes."""

    def __init__(self, port: int, name: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.reader = self.socket.makefile("r", encoding="utf-8")
        self.name = name
        self.hashes = 0
        self.accepted = 0
        self.refused: list[object] = []
        self.difficulty = 1.0
        self.job: tuple[float, list[Any]] | None = None
        self.extranonce1, self.width = b"", 0
        self.gone = False

    def send(self, identity: int, method: str, *parameters: object) -> None:
        line = json.dumps({"id": identity, "method": method, "params": list(parameters)}) + "\n"
        self.socket.sendall(line.encode())

    def listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self.reader:
                message = json.loads(line)
                if message.get("method") == "mining.set_difficulty":
                    self.difficulty = message["params"][0]
                elif message.get("method") == "mining.notify":
                    self.job = self.difficulty, message["params"]
                elif message.get("id") == 1:
                    self.extranonce1, self.width = bytes.fromhex(message["result"][1]), message["result"][2]
                elif message.get("id", 0) >= 10:
                    if message.get("result"):
                        self.accepted += 1
                    else:
                        self.refused.append(message.get("error"))
        self.gone = True

    def mine(self, seconds: float) -> None:
        threading.Thread(target=self.listen, daemon=True).start()
        self.send(1, "mining.subscribe", "hashlib/1")
        self.send(2, "mining.authorize", self.name, "x")
        end = time.monotonic() + seconds
        counter = sent = 0
        while time.monotonic() < end and not self.gone:
            if self.job is None:
                time.sleep(0.01)
                continue
            here = self.job
            difficulty, (job, previous, first, last, branch, version, bits, moment, _) = here
            extranonce2 = counter.to_bytes(self.width, "big")
            counter += 1
            root = double(bytes.fromhex(first) + self.extranonce1 + extranonce2 + bytes.fromhex(last))
            for other in branch:
                root = double(root + bytes.fromhex(other))
            swapped = bytes.fromhex(previous)
            before = b"".join(swapped[at : at + 4][::-1] for at in range(0, 32, 4))
            head = struct.pack("<I", int(version, 16)) + before + root
            head += struct.pack("<II", int(moment, 16), int(bits, 16))
            target = int((0xFFFF << 208) / difficulty)
            begun = sha256(head[:64])
            for nonce in range(1 << 20):
                inner = begun.copy()
                inner.update(head[64:] + struct.pack("<I", nonce))
                value = int.from_bytes(sha256(inner.digest()).digest(), "little")
                self.hashes += 1
                if value <= target:
                    sent += 1
                    with contextlib.suppress(OSError):
                        self.send(9 + sent, "mining.submit", self.name, job, extranonce2.hex(), moment, f"{nonce:08x}")
                if nonce % 256 == 0 and (self.job is not here or self.gone or time.monotonic() > end):
                    break


if __name__ == "__main__":
    miner = Miner(int(sys.argv[1]), sys.argv[3])
    began = time.monotonic()
    miner.mine(float(sys.argv[2]))
    print(json.dumps({"hashes": miner.hashes, "seconds": time.monotonic() - began, "accepted": miner.accepted,
                      "refused": miner.refused[:3]}))  # fmt: skip
