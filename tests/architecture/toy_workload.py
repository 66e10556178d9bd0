"""A kind of work of somebody else's: the files of its distribution, to be put on the path by a test."""

from __future__ import annotations

from pathlib import Path

SOURCE = '''\
"""Sums: adds one to every number of an array, over and over; whoever doubts a sum adds it up again."""

from hashlib import sha256

import numpy as np

from hashwatt.kernels.device import KernelInfo, Launch, Source
from hashwatt.kernels.errors import InputError, WrongResult
from hashwatt.kernels.workloads.evidence import Answer, Finding, Recompute
from hashwatt.kernels.workloads.protocol import Work
from hashwatt.kernels.workloads.quantity import Quantity

ITEMS = 4096


def add(numbers, amount, start, stop):
    numbers[start:stop] += amount


def digest(total):
    return sha256(np.full(ITEMS, total, np.int64).tobytes()).hexdigest()


class Task:
    smallest_batch = 1
    largest_batch = 1 << 20
    kernel = None
    compile_s = 0.0

    def __init__(self, device):
        self.device, self.total, self.pending, self.answers = device, 0, 0, []

    @property
    def is_full(self): return len(self.answers) > 10_000

    def self_test(self):
        source = Source("python", f"{__name__}:add", "", ("int64",))
        self.numbers = self.device.allocate(8 * ITEMS)
        self.add, self.compile_s = self.device.compile(source)
        self.kernel = KernelInfo("toy-add", 1, {"items": ITEMS}, 0.0, sha256(b"toy").hexdigest())
        self.run(3)
        self.check()

    def rehearse(self, planned): ...
    def start(self, planned): self.pending = 0
    def ready(self, batch): ...

    def run(self, batch):
        done = self.device.launch(Launch(self.add, (self.numbers,), (1,), ITEMS, batch))
        self.total += batch
        self.pending += batch
        return Work(batch * ITEMS, done.device_s)

    def count(self, sample):
        self.check()
        self.answers.append(
            Answer(index=self.total, amount=self.pending * ITEMS, sample=sample, digest_hex=self.seen())
        )
        self.pending = 0

    def drop(self): self.pending = 0

    def check_batch(self, batch):
        self.run(batch)
        self.check()
        self.drop()

    def spot_check(self): self.check()

    def seen(self):
        return sha256(self.device.read(self.numbers, 0, 8 * ITEMS)).hexdigest()

    def check(self):
        if self.seen() != digest(self.total):
            raise WrongResult(f"{self.device.info.id} cannot add")

    def evidence(self, samples):
        return Recompute(answers=tuple(answer for answer in self.answers if answer.sample < samples))

    def roof(self): return None


class Toy:
    name = "toy"
    summary = "adds numbers up"
    quantity = Quantity("sum", "sums", "sum/s", "rate", 1e3, "J/ksum", 1.0, "sum/J")
    evidence_kind = "recompute"
    binds = "memory"
    suite = None

    def parameters_of(self, given):
        if given:
            raise InputError("toy has no parameters")
        return {}

    def variant_text(self, parameters): return ""

    def counts_of(self, parameters): return {"memory": 16.0}

    def why_not(self, info, parameters):
        return None if "python" in info.languages else f"{info.id} runs no Python"

    def bind(self, device, request): return Task(device)

    def verify(self, evidence, claim):
        amounts = [0] * len(claim.amounts)
        for answer in evidence.answers:
            amounts[answer.sample] += answer.amount
        same = tuple(amounts) == claim.amounts
        return [Finding(code="answers", ok=same, sentence="the answers account for the samples")]

    def recompute(self, evidence, claim, count, device, advance):
        findings = []
        for answer in evidence.answers[:count]:
            advance(answer.amount)
            right = digest(answer.index) == answer.digest_hex
            findings.append(Finding(code="sum", ok=right, sentence=f"{answer.index} is the sum"))
        return findings


WORKLOAD = Toy()
'''


def install(folder: Path) -> None:
    """Lay a distribution out in `folder` as pip would: a package, and its entry point."""
    (folder / "toy_work").mkdir()
    (folder / "toy_work" / "__init__.py").write_text(SOURCE, encoding="utf-8")
    about = folder / "toy_work-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-work\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[hashwatt.workloads]\ntoy = toy_work:WORKLOAD\n", encoding="utf-8")
