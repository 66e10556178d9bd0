"""Products of pairs on one device: batches of them, lines of them checked, answers kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter

import numpy as np

from ...cpu.blas import threads_of_blas
from ...device import DeviceInfo, Executes, KernelInfo, Roof
from ...errors import WrongResult
from ..evidence import Answer, Claim, Recompute
from ..protocol import Expected, Request, Work
from ..source_text import text_of
from .inputs import seed_of
from .numbering import block_lines, blocks_of, operands_of
from .operands import Kernels, Operands, compile_all
from .prints import Prints, prints_of
from .product import Layout, Numbers, Product
from .race import chosen
from .tiles import Choice

# The part of a device's memory that operands and products may take together.
MEMORY_SHARE = 0.5
# The largest buffer that every driver allows.
BUFFER_SHARE = 0.25
MOST_ROOM_BYTES = 1 << 30
# So many lines of a drawn product are computed again after each sample.
CHECKED_LINES = 4
# A result holds 20,000; the last sample may bring some stretches of products more.
MOST_ANSWERS = 19_000
SELF_TEST_PRODUCTS = 3


def operand_bytes(product: Product, layout: Layout) -> int:
    """What a pool's operands take."""
    return product.side * (layout.left.elements + layout.right.elements) * np.dtype(product.operand_type).itemsize


def product_bytes(product: Product, layout: Layout) -> int:
    """What a product takes."""
    return layout.elements * np.dtype(product.product_type).itemsize


def largest_batch(product: Product, layout: Layout, info: DeviceInfo) -> int:
    """A power of two: as many products as a pool has pairs, or as there is room for."""
    room = MOST_ROOM_BYTES
    if info.memory_bytes is not None:
        left_bytes = int(info.memory_bytes * MEMORY_SHARE) - operand_bytes(product, layout)
        room = min(room, left_bytes, int(info.memory_bytes * BUFFER_SHARE))
    most = max(1, min(product.side**2, room // product_bytes(product, layout)))
    return 1 << (most.bit_length() - 1)


@dataclass
class _Stretch:
    """Products one after another, and their prints."""

    first: int
    prints: list[Prints] = field(default_factory=list)

    @property
    def stop(self) -> int:
        return self.first + sum(map(len, self.prints))


class PairTask:
    """See Task. A batch is so many products."""

    smallest_batch = 1

    def __init__(self, device: Executes, request: Request, workload: str, product: Product) -> None:
        """The products of an open device, which can do them."""
        self._device = device
        self._product = product
        self._layout = product.layout(device.info)
        self._claim = Claim(
            challenge=request.challenge,
            machine=request.machine,
            device_id=device.info.id,
            run_id=request.run_id,
            workload=workload,
            parameters=dict(request.parameters),
            amounts=(),
        )
        self.largest_batch = largest_batch(product, self._layout, device.info)
        self._retune = request.retune
        self._kernels: Kernels | None = None
        self._pool: Operands | None = None
        self._next = 0
        self._now = (0, 0)
        self._unread: tuple[int, int] | None = None
        # The batch whose products are still there, though they were dropped.
        self._dropped: tuple[int, int] | None = None
        self._stretches: list[_Stretch] = []
        self._answers: list[Answer] = []
        self._threads: int | None = None
        self.kernel: KernelInfo | None = None
        self.compile_s = 0.0

    @property
    def is_full(self) -> bool:
        """Whether no more answers fit."""
        return len(self._answers) > MOST_ANSWERS

    def self_test(self) -> None:
        """Compile, and compare small products with whole numbers' own arithmetic."""
        info = self._device.info
        choice, self._kernels = chosen(self._device, self._product, self._checked, self._retune)
        self._layout = self._product.layout(info, choice)
        self.largest_batch = largest_batch(self._product, self._layout, info)
        self._note_kernel()

    def _checked(self, choice: Choice | None) -> Kernels:
        """The kernels of a choice. Raises WrongResult where their products are not those of whole numbers."""
        product = self._product.small(choice)
        layout = product.layout(self._device.info, choice)
        kernels = compile_all(self._device, product, layout)
        small = Operands(self._device, product, layout, kernels, self._seeds("self-test"), SELF_TEST_PRODUCTS)
        # The last left operand with the first right one, the first ones with the second: each place is looked for.
        first = product.side - 1
        started = perf_counter()
        small.fill(first, SELF_TEST_PRODUCTS)
        self._threads = small.multiply(first, SELF_TEST_PRODUCTS).threads
        prints = small.prints(SELF_TEST_PRODUCTS)
        # Some compilers begin at the first launch.
        self.compile_s = kernels.compile_s + perf_counter() - started
        for place in range(SELF_TEST_PRODUCTS):
            left, right = operands_of(first + place, product.side)
            operands = small.right_values("left", left), small.right_values("right", right)
            for side, operand, values in zip(("left", "right"), (left, right), operands, strict=True):
                self._demand(np.array_equal(small.operand(side, operand), values), "made operands")
            # Whole numbers as floats are added exactly, too, and far faster.
            left_values, right_values = (operand.astype(np.float64) for operand in operands)
            expected = whole_numbers(product, left_values, right_values, range(product.lines))
            self._demand(np.array_equal(small.product(place), expected), "multiplied")
            self._demand(np.array_equal(prints[place], prints_of(expected, 0)), "took prints")
        return kernels

    def rehearse(self, expected: Expected | None) -> None:
        """Take the memory that batches need."""
        if self._pool is None:
            assert self._kernels is not None
            self._pool = Operands(
                self._device, self._product, self._layout, self._kernels, self._seeds(), self.largest_batch
            )

    def start(self, expected: Expected) -> None:
        """Nothing: what is multiplied derives from the challenge from the first product on."""
        self.rehearse(expected)

    def ready(self, batch: int) -> None:
        """Keep the prints of the batch before, and have operands that were never multiplied with each other."""
        self.rehearse(None)
        self._read_prints()
        first = -(-self._next // batch) * batch
        self._operands.fill(first, batch)
        self._now = first, batch

    def run(self, batch: int) -> Work:
        """So many products."""
        first, count = self._now
        done = self._operands.multiply(first, count)
        self._next = first + count
        self._unread = self._now
        return Work(count * self._product.lines * self._product.line_units, done.device_s)

    def count(self, sample: int) -> None:
        """Keep the prints of all products as answers, and compute some lines of one of the last products again."""
        last = self._unread
        self._read_prints()
        if last is not None:
            self._check_lines(*last)
        for stretch in self._stretches:
            self._answers.extend(self._answers_of(stretch, sample))
        self._stretches = []

    def drop(self) -> None:
        """Forget the prints."""
        self._dropped, self._unread = self._unread, None
        self._stretches = []

    def check_batch(self, batch: int) -> None:
        """Check lines of a product and what its operands are made of: of the last batch, where it was as large."""
        if self._dropped is not None and self._dropped == self._now and batch == self._now[1]:
            self._unread = self._dropped
        else:
            self.ready(batch)
            self.run(batch)
        first, count = self._now
        self._read_prints()
        self._check_lines(first, count)
        for side, number in zip(("left", "right"), operands_of(first + count - 1, self._product.side), strict=True):
            same = np.array_equal(self._operands.operand(side, number), self._operands.right_values(side, number))
            self._demand(same, "made operands")
        self.drop()

    def spot_check(self) -> None:
        """Do a product, and check lines of it."""
        self.ready(1)
        self.run(1)
        self._read_prints()
        self._check_lines(*self._now)
        self.drop()

    def evidence(self, samples: int) -> Recompute:
        """The answers of the first samples."""
        return Recompute(answers=tuple(answer for answer in self._answers if answer.sample < samples))

    def roof(self) -> Roof | None:
        """The harness measures the ceilings."""
        return None

    @property
    def _operands(self) -> Operands:
        assert self._pool is not None
        return self._pool

    def _seeds(self, prefix: str = "") -> Callable[[str, int], int]:
        return lambda side, number: seed_of(self._claim, prefix + side, number)

    def _read_prints(self) -> None:
        if self._unread is None:
            return
        (first, count), self._unread = self._unread, None
        prints = self._operands.prints(count)
        if not self._stretches or self._stretches[-1].stop != first:
            self._stretches.append(_Stretch(first))
        self._stretches[-1].prints.append(prints)

    def _answers_of(self, stretch: _Stretch, sample: int) -> list[Answer]:
        product = self._product
        prints = np.concatenate(stretch.prints)
        blocks = blocks_of(product.lines)
        return [
            Answer(
                index=stretch.first * blocks + block,
                amount=len(prints) * len(lines) * product.line_units,
                sample=sample,
                digest_hex=digest_of(prints[:, lines.start : lines.stop]),
            )
            for block in range(blocks)
            for lines in [block_lines(block, product.lines)]
        ]

    def _check_lines(self, first: int, count: int) -> None:
        """Compare the prints of some lines with those of the same operands, multiplied here."""
        product = self._product
        place = secrets.randbelow(count)
        left, right = operands_of(first + place, product.side)
        begin = secrets.randbelow(max(1, product.lines - CHECKED_LINES + 1))
        lines = range(begin, min(product.lines, begin + CHECKED_LINES))
        rows = self._operands.operand("left", left, product.left_rows(lines)).astype(np.float64)
        whole = self._operands.operand("right", right).astype(np.float64)
        expected = whole_numbers(product, rows, whole, lines)
        seen = self._stretches[-1].prints[-1][place, lines.start : lines.stop]
        self._demand(np.array_equal(seen, prints_of(expected, lines.start)), "multiplied")

    def _demand(self, right: bool, what: str) -> None:
        if not right:
            raise WrongResult(
                f"{self._device.info.id} {what} wrong numbers; its kernel or its library is wrong, use another device"
            )

    def _note_kernel(self) -> None:
        source = self._layout.source
        self.kernel = KernelInfo(
            name=f"{self._claim.workload}-{source.language}",
            prefixes=1,
            tuning={
                **(self._layout.about or {}),
                **({} if self._threads is None else {"threads": self._threads}),
            },
            compile_s=self.compile_s,
            source_sha256=sha256(text_of(source).encode()).hexdigest(),
        )


def whole_numbers(product: Product, left: Numbers, right: Numbers, lines: range) -> Numbers:
    """These lines of a product as whole numbers.

    On this thread alone: BLAS's others go on waiting busily for some hundredths of a second, beside the next sample
    (which made convolutions on two cores 31 to 41 % slower).
    """
    with threads_of_blas(1):
        return product.expected(left, right, lines).astype(np.int64)


def digest_of(prints: Prints) -> str:
    """The digest of the prints of a block of lines of products one after another (products × lines)."""
    return sha256(np.ascontiguousarray(prints).astype("<u4").tobytes()).hexdigest()
