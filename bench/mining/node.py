"""Mining for a node of one's own, by `getblocktemplate` and `submitblock`."""

from __future__ import annotations

import base64
import http.client
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...kernels.device import Scans
from ...kernels.errors import HashwattError
from ...kernels.headers.job import NONCES, Job, roll_versions
from ...kernels.workloads.sha256d.oracle import scan_in_steps
from ..interrupts import check as raise_if_interrupted
from ..result.printable import printable
from .address import Login, NodeAddress
from .block import Template
from .stratum import Mined, Watch

DEADLINE_S = 10.0
# A template of a full block as hexadecimal text, and room for what stands around it.
MOST_REPLY_BYTES = 32_000_000
# Whether the tip has moved is asked this often.
RENEW_S = 5.0
# A node that does not answer for so long has gone.
PATIENCE_S = 60.0
PAUSE_S = 1.0


class NodeError(HashwattError):
    """A node that refuses or does not answer; one sentence."""


@dataclass(frozen=True)
class Node:
    """A node's RPC over HTTP."""

    address: NodeAddress
    login: Login | None

    def call(self, method: str, *parameters: object) -> Any:
        """The result of a call. Raises NodeError."""
        where = str(self.address)
        headers = {"Content-Type": "application/json"}
        if self.login is not None:
            both = f"{self.login.user}:{self.login.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(both).decode()
        body = msgspec.json.encode({"id": 1, "method": method, "params": list(parameters)})
        connection: http.client.HTTPConnection
        if self.address.tls:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(
                self.address.host, self.address.port, timeout=DEADLINE_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=DEADLINE_S)
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            data = self._read(response)
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise NodeError(f"{where} does not answer ({why:.50}); check host, port and that its RPC is on") from None
        finally:
            connection.close()
        if response.status in (401, 403):
            raise NodeError(f"{where} refuses the login; give USER:PASSWORD with --login-file")
        try:
            reply = msgspec.json.decode(data)
            refusal = reply["error"]
        except (msgspec.DecodeError, RecursionError, ValueError, KeyError, TypeError):
            raise NodeError(f"{where} answers {response.status} and no JSON-RPC; is it a Bitcoin node?") from None
        if refusal:
            said = refusal.get("message") if isinstance(refusal, dict) else refusal
            raise NodeError(f"{where} refuses {method}: {printable(str(said), 120)}")
        return reply.get("result")

    def script_of(self, payout: str) -> bytes:
        """What pays to an address, by the node's own reading of it. Raises NodeError."""
        told = self.call("validateaddress", payout)
        script = told.get("scriptPubKey") if isinstance(told, dict) else None
        if not isinstance(told, dict) or told.get("isvalid") is not True or not isinstance(script, str):
            raise NodeError(f"{self.address} knows no address {payout!r:.70}; give one of its own network")
        try:
            return bytes.fromhex(script)
        except ValueError:
            raise NodeError(f"{self.address} tells no script of {payout!r:.70}; is it a Bitcoin node?") from None

    def template(self) -> Template:
        """What the next block should hold. Raises NodeError, InputError."""
        return Template.of_reply(self.call("getblocktemplate", {"rules": ["segwit"]}))

    def submit(self, block: bytes) -> str | None:
        """Hand in a block; None where it is taken, else the reason against it. Raises NodeError."""
        answer = self.call("submitblock", block.hex())
        return None if answer is None else printable(str(answer), 120) or "no reason given"

    @staticmethod
    def _read(response: http.client.HTTPResponse) -> bytes:
        end = time.monotonic() + DEADLINE_S
        parts: list[bytes] = []
        size = 0
        while part := response.read1(1 << 20):
            parts.append(part)
            size += len(part)
            if size > MOST_REPLY_BYTES or time.monotonic() > end:
                raise TimeoutError(f"more than {MOST_REPLY_BYTES} bytes or {DEADLINE_S:.0f} s")
        return b"".join(parts)


@dataclass
class NodeMining:
    """Mines blocks for a node until `seconds` are over (None: until an interrupt). `run` may be interrupted."""

    device: Scans
    node: Node
    payout: str
    rolled: int
    watch: Watch
    seconds: float | None = None
    hashes: int = 0
    busy_s: float = 0.0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    kernel: str = ""
    _first: float | None = None
    _last: float = 0.0
    _extranonce: int = 0

    def run(self) -> None:
        """Mine. Raises NodeError, InputError, DeviceError, KeyboardInterrupt; what was done until then stays."""
        script = self.node.script_of(self.payout)
        self.watch.event(f"{self.node.address} pays to {self.payout} (script {script.hex()[:80]})")
        template = self.node.template()
        asked = time.monotonic()
        while not self._over():
            if time.monotonic() - asked > RENEW_S:
                template, asked = self._renewed(), time.monotonic()
            found = self._hash(template, script, asked)
            if found is None:
                continue
            reason = self.node.submit(found)
            if reason is None:
                self.accepted += 1
                self.watch.event(f"block {template.height} accepted")
            else:
                self.rejected[reason] += 1
                self.watch.event(f"block {template.height} rejected: {reason}")
            template, asked = self._renewed(), time.monotonic()

    def answer(self) -> Mined:
        """What came of it so far; a node counts blocks, so no rate follows from those that it took."""
        seconds = self._last - self._first if self._first is not None else 0.0
        return Mined(
            pool=str(self.node.address),
            device=self.device.info.id,
            kernel=self.kernel,
            hashes=self.hashes,
            seconds=seconds,
            busy_s=self.busy_s,
            accepted=self.accepted,
            rejected=self.rejected.total(),
            rejections=dict(self.rejected.most_common(20)),
            unanswered=0,
            reconnects=0,
            rate_by_count_hs=self.hashes / seconds if seconds > 0 else None,
            rate_by_shares_hs=None,
        )

    def _over(self) -> bool:
        return self.seconds is not None and self._first is not None and self._last - self._first >= self.seconds

    def _renewed(self) -> Template:
        """The template of now; a node that is gone for a moment is waited for."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.node.template()
            except NodeError as error:
                if time.monotonic() > limit:
                    raise
                self.watch.event(f"{error}; again in {PAUSE_S:.0f} s")
            wait_until = time.monotonic() + PAUSE_S
            while time.monotonic() < wait_until:
                raise_if_interrupted()
                time.sleep(0.05)

    def _hash(self, template: Template, script: bytes, asked: float) -> bytes | None:
        """One extranonce's nonces, until a block is found or it is time to ask for another template."""
        block = template.block(script, self._extranonce)
        self._extranonce += 1
        job = Job(roll_versions(block.prefix, self.rolled), template.target)
        self.kernel = self.device.prepare(job).name
        if self._first is None:
            self._first = self._last = time.monotonic()
        for step in scan_in_steps(self.device, job, range(NONCES)):
            self.hashes += step.scan.hashes
            self.busy_s += step.seconds
            self._last = time.monotonic()
            self.watch.progress(self.hashes, step.scan.hashes / step.seconds, self.accepted, self.rejected.total())
            if step.scan.hits:
                hit = step.scan.hits[0]
                return block.with_nonce(job.prefixes[hit.prefix], hit.nonce)
            if self._over() or self._last - asked > RENEW_S:
                break
        return None
