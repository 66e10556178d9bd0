from __future__ import annotations

import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashwatt.bench.progress import NoProgress
from hashwatt.bench.scan import ScanRequest, ScanResult, scan_on
from hashwatt.kernels.errors import InputError, WrongResult
from hashwatt.kernels.fakes.device import FakeDevice, VirtualClock
from hashwatt.kernels.headers.genesis import GENESIS_NONCE, GENESIS_PREFIX
from hashwatt.kernels.headers.job import HEADER_BYTES, NONCES, Job
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.headers.target import MAX_TARGET, target_from_zero_bits

GENESIS = GENESIS_PREFIX + bytes(4)


def scan(request: ScanRequest, behaviour: str = "steady") -> ScanResult:
    return scan_on(FakeDevice(behaviour, 1e9, VirtualClock().spend), request, NoProgress())


def test_the_genesis_nonce_is_found() -> None:
    answer = scan(ScanRequest(GENESIS, GENESIS_NONCE - 5000, 10_000, target_from_zero_bits(32)))
    assert answer.nonces == [GENESIS_NONCE]
    assert answer.hashes == answer.count == 10_000


@settings(max_examples=25, deadline=None)
@given(
    st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES),
    st.integers(0, NONCES - 1) | st.sampled_from([0, (1 << 31) - 2500, NONCES - 5000, NONCES - 1]),
    st.integers(1, 5000),
    st.integers(0, 12),
)
def test_every_range_is_answered_as_hashlib_does(header: bytes, start: int, count: int, zero_bits: int) -> None:
    count = min(count, NONCES - start)
    target = target_from_zero_bits(zero_bits)
    answer = scan(ScanRequest(header, start, count, target))
    hits, checksum = reference_scan(Job.of_header(header, target), range(start, start + count))
    assert answer.nonces == [nonce for _, nonce in hits]
    assert answer.xor_h7 == checksum
    assert answer.hashes == count


@pytest.mark.parametrize(
    ("header", "start", "count", "target", "sentence"),
    [
        (GENESIS[:79], 0, 1, 1, "has 79 bytes"),
        (b"", 0, 1, 1, "has 0 bytes"),
        (GENESIS, -1, 1, 1, "cannot start at nonce -1"),
        (GENESIS, NONCES, 1, 1, "cannot start at nonce 4294967296"),
        (GENESIS, 0, 0, 1, "count of at least 1"),
        (GENESIS, 0, -3, 1, "count of at least 1"),
        (GENESIS, 0, NONCES + 1, 1, "runs past the last nonce"),
        (GENESIS, NONCES - 5, 6, 1, "at most 5"),
        (GENESIS, 0, 1, 0, "target is 0"),
        (GENESIS, 0, 1, MAX_TARGET + 1, "over 256 bits"),
        (GENESIS, 0, NONCES, target_from_zero_bits(8), "at least 10 zero bits"),
    ],
)
def test_bad_input_is_refused_with_the_mend(header: bytes, start: int, count: int, target: int, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ScanRequest(header, start, count, target)


def test_the_advised_number_of_zero_bits_is_taken() -> None:
    ScanRequest(GENESIS, 0, NONCES, target_from_zero_bits(10))


@pytest.mark.parametrize("behaviour", ["false-hits", "wrong-checksum"])
def test_a_device_that_lies_is_refused(behaviour: str) -> None:
    with pytest.raises(WrongResult):
        scan(ScanRequest(GENESIS, 0, 10, target_from_zero_bits(4)), behaviour)


def test_progress_adds_up_to_the_whole_range() -> None:
    class Counting:
        total: float | None = None
        amount = 0.0

        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            self.total = total

        def advance(self, amount: float, rate: float | None) -> None:
            self.amount += amount

        def done(self) -> None:
            pass

    counting = Counting()
    device = FakeDevice("steady", 1e9, VirtualClock().spend)
    scan_on(device, ScanRequest(GENESIS, 7, 30_001, target_from_zero_bits(20)), counting)
    assert counting.amount == counting.total == 30_001


class PressesCtrlC(NoProgress):
    """Twice within a moment, while the second part is shown."""

    def __init__(self) -> None:
        self._parts = 0

    def advance(self, amount: float, rate: float | None) -> None:
        self._parts += 1
        if self._parts == 2:
            signal.raise_signal(signal.SIGINT)

    def done(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupted_scan_answers_rightly_for_the_part_that_it_scanned() -> None:
    request = ScanRequest(bytes(HEADER_BYTES), 1000, 200_000, target_from_zero_bits(8))
    device = FakeDevice("steady", 1e6, VirtualClock().spend)
    answer = scan_on(device, request, PressesCtrlC())
    assert not answer.complete
    assert 0 < answer.count < 200_000
    hits, xor_h7 = reference_scan(request.job, range(1000, 1000 + answer.count))
    assert answer.nonces == [nonce for _, nonce in hits]
    assert answer.xor_h7 == xor_h7


def test_a_scan_interrupted_before_anything_was_scanned_has_no_answer() -> None:
    class AtOnce(NoProgress):
        def stage(self, device: str, text: str, total: float | None, unit: str = "") -> None:
            signal.raise_signal(signal.SIGINT)

    request = ScanRequest(bytes(HEADER_BYTES), 0, 10, target_from_zero_bits(8))
    with pytest.raises(KeyboardInterrupt):
        scan_on(FakeDevice("steady", 1e6, VirtualClock().spend), request, AtOnce())
