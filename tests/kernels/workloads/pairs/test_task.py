"""Products as the harness drives them: exact amounts, answers that a stranger computes again, and wrong devices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_changes
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from threadpoolctl import threadpool_info

from hashwatt.kernels.cpu.blas import threads_of_blas
from hashwatt.kernels.device import DeviceInfo, Executes, Launch, Launched
from hashwatt.kernels.errors import InputError, WrongResult
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.workloads.conv.product import Conv
from hashwatt.kernels.workloads.conv.workload import WORKLOAD as CONV
from hashwatt.kernels.workloads.evidence import Checked, Claim, Recompute
from hashwatt.kernels.workloads.gemm.product import Gemm
from hashwatt.kernels.workloads.gemm.workload import WORKLOAD as GEMM
from hashwatt.kernels.workloads.pairs.numbering import BLOCKS, operands_of
from hashwatt.kernels.workloads.pairs.operands import FEW_NUMBERS, SMALLEST_BUFFER_BYTES, Operands, compile_all
from hashwatt.kernels.workloads.pairs.product import Numbers, Product
from hashwatt.kernels.workloads.pairs.task import PairTask, largest_batch
from hashwatt.kernels.workloads.protocol import Expected, Request, counts_for

from .devices import fake

SIZE = 40
PARAMETERS = GEMM.parameters_of({"size": SIZE})
REQUEST = Request("a challenge", "a run", PARAMETERS, "a machine")


def task_on(device: Executes) -> PairTask:
    task = GEMM.bind(device, REQUEST)
    assert isinstance(task, PairTask)
    return task


def measured_like(task: PairTask, batches: tuple[int, ...] = (2, 2)) -> list[int]:
    """What the harness does, in short; the amounts of three samples."""
    task.self_test()
    task.rehearse(None)
    task.ready(1)
    task.run(1)
    task.drop()
    task.check_batch(2)
    task.start(Expected(1e9, 1.0))
    amounts = []
    for sample in range(3):
        amount = 0
        for batch in batches:
            task.ready(batch)
            amount += task.run(batch).amount
        task.count(sample)
        task.spot_check()
        amounts.append(amount)
    return amounts


@pytest.fixture(scope="module")
def honest() -> tuple[Recompute, Claim]:
    task = task_on(fake())
    amounts = tuple(measured_like(task))
    claim = Claim(
        challenge="a challenge", machine="a machine", device_id=fake().info.id, run_id="a run", workload="gemm",
        parameters=PARAMETERS, amounts=amounts,
    )  # fmt: skip
    return task.evidence(3), claim


def test_a_batch_is_checked_by_the_last_one_where_that_was_as_large() -> None:
    launched: list[int] = []

    class Counting(FakeDevice):
        def launch(self, launch: Launch) -> Launched:
            launched.append(launch.kernel)
            return super().launch(launch)

    device = Counting("steady", spend=VirtualClock().spend)
    task = task_on(device)
    task.self_test()
    task.rehearse(None)
    assert task._kernels is not None
    multiply = task._kernels.multiply

    def products(step: Callable[[], object]) -> int:
        before = launched.count(multiply)
        step()
        return launched.count(multiply) - before

    task.ready(2)
    task.run(2)
    task.drop()
    assert products(lambda: task.check_batch(2)) == 0
    # It was looked at, and is no batch before the next check.
    assert products(lambda: task.check_batch(2)) == 1
    assert products(lambda: task.check_batch(1)) == 1
    # What is wrong in it is found.
    task.ready(2)
    task.run(2)
    task.drop()
    assert task._pool is not None
    device.write(task._pool._products, 0, bytes(2 * 4 * SIZE * SIZE))
    with pytest.raises(WrongResult):
        task.check_batch(2)


def again(evidence: Recompute, claim: Claim, count: int = 200) -> list[bool]:
    advanced: list[int] = []
    findings = GEMM.recompute(evidence, claim, count, fake(), advanced.append)
    assert sum(advanced) > 0
    return [finding.ok for finding in findings]


def test_amounts_are_exact_and_the_answers_account_for_them(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    assert claim.amounts == (4 * 2 * SIZE**3,) * 3
    assert len(evidence.answers) == 3 * BLOCKS
    assert [finding.ok for finding in GEMM.verify(evidence, claim)] == [True]


def test_a_stranger_computes_answers_again(honest: tuple[Recompute, Claim]) -> None:
    assert again(*honest) == [True]


def test_an_answer_for_each_block_is_a_sixteenth_of_the_work(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    advanced: list[int] = []
    GEMM.recompute(evidence, claim, 1, fake(), advanced.append)
    assert sum(advanced) <= sum(claim.amounts) / 3 / BLOCKS * 1.5


@pytest.mark.parametrize("field", ["challenge", "machine", "device_id", "run_id"])
def test_answers_are_of_this_claim_alone(honest: tuple[Recompute, Claim], field: str) -> None:
    evidence, claim = honest
    assert again(evidence, replace(claim, **{field: "another"}), count=3) == [False]


def test_an_invented_digest_is_found(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    first, *rest = evidence.answers
    forged = Recompute(answers=(replace(first, digest_hex="0" * 64), *rest))
    assert [finding.ok for finding in GEMM.verify(forged, claim)] == [True], "that takes computing it again"
    assert again(forged, claim, count=2000) == [False]


def changed(evidence: Recompute, **changes: Any) -> Recompute:
    first, *rest = evidence.answers
    return Recompute(answers=(replace(first, **changes), *rest))


def test_answers_that_do_not_account_for_the_work_are_refused(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    answers = evidence.answers
    of_first_sample = [answer for answer in answers if answer.sample == 0]
    twice = tuple(replace(answer, sample=1) for answer in of_first_sample)
    refused = [
        (Recompute(answers=answers[1:]), "do not account"),
        (changed(evidence, amount=answers[0].amount + 1), "no product"),
        (changed(evidence, sample=3), "no product"),
        (changed(evidence, index=1 << 62), "no product"),
        (Recompute(answers=(*answers[1:], replace(answers[0], index=answers[1].index))), "no product|twice"),
        (Recompute(answers=(*of_first_sample, *twice, *(each for each in answers if each.sample == 2))), "twice"),
        (Recompute(answers=()), "do not account"),
    ]
    for forged, why in refused:
        (finding,) = GEMM.verify(forged, claim)
        assert not finding.ok
        assert any(part in finding.sentence for part in why.split("|")), finding.sentence


def test_overlapping_stretches_are_refused(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    blocks = BLOCKS
    moved = tuple(
        replace(answer, index=answer.index - blocks) if answer.sample == 1 else answer for answer in evidence.answers
    )
    # The second sample's products one earlier: some are of the first sample, or of none that was counted.
    firsts = sorted({answer.index // blocks for answer in evidence.answers})
    if firsts[1] - 1 >= firsts[0] + 4:
        moved = tuple(
            replace(answer, index=answer.index - blocks * (firsts[1] - firsts[0] - 3)) if answer.sample == 1 else answer
            for answer in evidence.answers
        )
    (finding,) = GEMM.verify(Recompute(answers=moved), claim)
    assert not finding.ok
    assert "counted twice" in finding.sentence


def test_other_evidence_and_other_parameters_are_refused(honest: tuple[Recompute, Claim]) -> None:
    evidence, claim = honest
    assert [each.ok for each in GEMM.verify(Checked(answers=3, how="so"), claim)] == [False]
    assert [each.ok for each in GEMM.verify(evidence, replace(claim, parameters={"size": "x"}))] == [False]
    assert [each.ok for each in GEMM.verify(evidence, replace(claim, parameters={"size": SIZE, "number": "int4"}))] == [
        False
    ]


@pytest.mark.parametrize("behaviour", ["wrong-checksum"])
def test_a_device_that_computes_too_little_is_refused(behaviour: str) -> None:
    with pytest.raises(WrongResult, match="wrong numbers"):
        measured_like(task_on(fake(behaviour)))


def test_a_device_that_is_wrong_only_while_it_is_measured_is_refused() -> None:
    device = fake()
    task = task_on(device)
    task.self_test()
    task.rehearse(None)
    task.check_batch(2)
    launch = device.launch

    def half(order: Launch) -> Launched:
        done = launch(order)
        # The products' buffer is the first of a multiplication's three.
        if len(order.buffers) == 3:
            device.write(order.buffers[0], 0, bytes(8 * SIZE * SIZE))
        return done

    device.launch = half  # type: ignore[method-assign,assignment]
    task.ready(1)
    task.run(1)
    with pytest.raises(WrongResult):
        task.count(0)


def test_no_pair_comes_twice_in_a_run() -> None:
    task = task_on(fake())
    measured_like(task, (2, 8, 1))
    spans = sorted({(answer.index // BLOCKS, answer.amount) for answer in task.evidence(3).answers})
    covered = [
        first + number
        for first in sorted({first for first, _ in spans})
        for number in range(next(amount for at, amount in spans if at == first) // (2 * SIZE * SIZE * 2))
    ]
    assert len(covered) == len(set(covered))


def test_a_batch_fits_the_memory_and_the_pool() -> None:
    info = DeviceInfo("x", "cpu", "", "", "", "", languages=("python",), memory_bytes=None)
    product = Gemm(2048, "float32")
    layout = product.layout(info)
    assert largest_batch(product, layout, info) == 64
    assert largest_batch(product, layout, with_changes(info, memory_bytes=1 << 30)) == 16
    small = Gemm(512, "float32")
    room = largest_batch(small, small.layout(info), with_changes(info, memory_bytes=128 << 20)) * 512 * 512 * 4
    assert room == 32 << 20, "a driver need not give a buffer of more than a quarter of its memory"
    assert "smaller --size" in (GEMM.why_not(with_changes(info, memory_bytes=1 << 20), GEMM.parameters_of({})) or "")
    assert "no 64-bit" in (
        GEMM.why_not(with_changes(info, numbers=("float32",)), GEMM.parameters_of({"number": "float64"})) or ""
    )
    assert "simulator" in (GEMM.why_not(with_changes(info, simulator=True), GEMM.parameters_of({})) or "")
    assert "runs no kernels" in (GEMM.why_not(with_changes(info, languages=()), GEMM.parameters_of({})) or "")
    assert GEMM.why_not(info, GEMM.parameters_of({})) is None


def test_parameters_that_there_are_not_are_refused() -> None:
    assert GEMM.parameters_of({}) == {"number": "float32", "size": 2048}
    assert CONV.parameters_of({"number": "int8"}) == {"number": "int8", "size": 64}
    for wrong in ({"number": "int8"}, {"size": 1}, {"size": True}, {"size": 2.5}, {"depth": 3}):
        with pytest.raises(InputError, match="gemm"):
            GEMM.parameters_of(wrong)


def test_variants_are_named_by_what_differs_from_the_usual() -> None:
    assert GEMM.variant_text(GEMM.parameters_of({})) == "float32"
    assert CONV.variant_text(CONV.parameters_of({"number": "int8", "size": 256})) == "int8 size 256"


def test_counts_are_of_one_unit_of_work() -> None:
    counts = GEMM.counts_of(GEMM.parameters_of({"number": "float64", "size": 1000}))
    assert counts == {"float64": 1.0, "memory": pytest.approx(3 * 8 * 1e6 / 2e9)}
    counts = CONV.counts_of(CONV.parameters_of({"number": "int8"}))
    assert counts["int8"] == 2.0
    assert counts["memory"] == pytest.approx(
        (66 * 66 * 128 + 9 * 128 * 128 + 64 * 64 * 128 * 4) / (64 * 64 * 9 * 128**2)
    )
    assert CONV.counts_of(CONV.parameters_of({"number": "int16"}))["int16"] == 2.0


@pytest.mark.parametrize("number", ["int8", "int16", "float32"])
def test_a_convolution_takes_what_its_kernel_on_the_device_computes_in(number: str) -> None:
    """The kernel in OpenCL C takes groups of integers apart and multiplies them one by one."""
    parameters = CONV.parameters_of({"number": number})
    here, there = (
        counts_for(CONV, DeviceInfo("x", "cpu", "", "", "", "", languages=(each,)), parameters)
        for each in ("llvm", "opencl")
    )
    assert here[number] == 2.0
    assert there["float32" if number == "float32" else "int32"] == 2.0
    assert number == "float32" or number not in there


def test_a_convolution_leaves_answers_like_any_product() -> None:
    device = fake()
    parameters = CONV.parameters_of({"number": "int16", "size": 5})
    task = CONV.bind(device, Request("c", "r", parameters, "m"))
    assert isinstance(task, PairTask)
    amounts = tuple(measured_like(task, (1, 2)))
    claim = Claim(
        challenge="c", machine="m", device_id=device.info.id, run_id="r", workload="conv", parameters=parameters,
        amounts=amounts,
    )  # fmt: skip
    evidence = task.evidence(3)
    assert amounts == (3 * 25 * 9 * 128 * 128,) * 3
    assert [
        each.ok for each in (*CONV.verify(evidence, claim), *CONV.recompute(evidence, claim, 4, device, print))
    ] == [
        True,
        True,
    ]
    assert np.prod([Conv(5, "int16").lines, 25 // 5]) == 25


@pytest.mark.parametrize("product", [Gemm(16, "float32"), Gemm(17, "float64"), Conv(3, "int8")], ids=str)
def test_operands_of_few_numbers_are_made_without_a_launch_for_each(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, launched = fake(), list[Launch]()
    layout = product.layout(device.info)
    kernels, launch = compile_all(device, product, layout), device.launch

    def counted(each: Launch) -> Launched:
        launched.append(each)
        return launch(each)

    monkeypatch.setattr(device, "launch", counted)
    count = product.side**2
    pool = Operands(device, product, layout, kernels, lambda side, number: 2 * number + (side == "left"), count)
    # One in the middle, all of the same pool, and those of the next one.
    for first, batch in ((product.side + 1, 1), (0, count), (count, count)):
        pool.fill(first, batch)
        for number in (first, first + batch - 1):
            for side, operand in zip(("left", "right"), operands_of(number, product.side), strict=True):
                assert np.array_equal(pool.operand(side, operand), pool.right_values(side, operand))
    of_few = [box for box in (layout.left, layout.right) if box.elements <= FEW_NUMBERS]
    assert of_few
    assert len(launched) == 2 * product.side * (2 - len(of_few))
    pool.multiply(count, count)
    for place in (0, count - 1):
        left, right = operands_of(count + place, product.side)
        values = pool.right_values("left", left), pool.right_values("right", right)
        assert np.array_equal(pool.product(place), product.expected(*values, range(product.lines)))


def test_room_for_products_grows_with_the_batches() -> None:
    allocated: list[int] = []

    class Counting(FakeDevice):
        def allocate(self, size_bytes: int) -> int:
            allocated.append(size_bytes)
            return super().allocate(size_bytes)

    product, counting = Gemm(SIZE, "float32"), Counting("steady", spend=VirtualClock().spend)
    layout = product.layout(counting.info)
    kernels = compile_all(counting, product, layout)
    operands = Operands(counting, product, layout, kernels, lambda _side, number: number, 4096)
    # Not before it is known how large batches are.
    assert len(allocated) == 2
    for count in (1, 1, 2, 16, 9, 17):
        operands.fill(0, count)
    product_bytes = layout.elements * 4
    rooms = [size // product_bytes for size in allocated[2::2]]
    assert rooms == [max(SMALLEST_BUFFER_BYTES // product_bytes, room) for room in (1, 16, 136)]


def test_the_self_test_multiplies_with_every_left_and_right_place(monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_on(fake())
    pairs: list[tuple[int, int]] = []
    multiply = Operands.multiply

    def noted(pool: Operands, first: int, count: int) -> Launched:
        pairs.extend(operands_of(number, pool._product.side) for number in range(first, first + count))
        return multiply(pool, first, count)

    monkeypatch.setattr(Operands, "multiply", noted)
    task.self_test()
    assert len({left for left, _ in pairs}) > 1 < len({right for _, right in pairs})


def test_what_is_computed_again_wakes_no_other_threads_of_blas(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[list[int]] = []
    expected = Gemm.expected

    def noted(product: Gemm, left: Numbers, right: Numbers, lines: range) -> Numbers:
        told.append([each["num_threads"] for each in threadpool_info() if each.get("user_api") == "blas"])
        return expected(product, left, right, lines)

    monkeypatch.setattr(Gemm, "expected", noted)
    with threads_of_blas(2):
        measured_like(task_on(fake()))
    # In the self-test, and after each sample.
    assert len(told) > 3
    # Accelerate does not say.
    assert all(threads in ([1], []) for threads in told)
