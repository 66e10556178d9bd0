from __future__ import annotations

import importlib.resources
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashwatt.bench.rates import counted_samples
from hashwatt.bench.result.file import encode
from hashwatt.bench.result.from_device import device_record, kernel_record
from hashwatt.bench.result.measurement import DeviceRecord, KernelRecord
from hashwatt.bench.result.model import Result
from hashwatt.bench.result.printable import printable
from hashwatt.bench.result.schema import result_schema
from hashwatt.kernels.bounded import Text
from hashwatt.kernels.device import Candidate, DeviceInfo, KernelInfo

numbers_and_words = st.dictionaries(st.text(), st.integers() | st.floats() | st.text(), max_size=5)


def test_the_committed_schema_is_the_models() -> None:
    committed = (
        importlib.resources.files("hashwatt.bench.result").joinpath("result.schema.json").read_text(encoding="utf-8")
    )
    assert json.loads(committed) == json.loads(result_schema()), (
        "run `python -m hashwatt.bench.result.schema > bench/result/result.schema.json`"
    )


def test_every_part_of_the_schema_refuses_unknown_fields() -> None:
    definitions = json.loads(result_schema())["$defs"]
    assert len(definitions) > 15
    assert all(part["additionalProperties"] is False for part in definitions.values())


def test_a_result_survives_being_written_and_read(honest_result: Result) -> None:
    assert msgspec.json.decode(encode(honest_result), type=Result) == honest_result


def test_a_result_holds_what_is_needed_to_redo_the_measurement(honest_result: Result) -> None:
    (entry,) = honest_result.results
    assert honest_result.challenge == "prove it"
    assert honest_result.note == "an honest run"
    assert honest_result.machines[0].logical_cpus
    assert honest_result.libraries["numpy"]
    assert entry.kernel is not None
    assert entry.kernel.name == "hashlib"
    assert entry.settings is not None
    assert entry.settings.planned_s == 2.0
    assert not entry.settings.until_narrow
    assert entry.amount == sum(sample.amount for sample in counted_samples(entry))
    assert entry.energy[0].gross_j is None
    assert entry.energy[0].reason


@pytest.mark.parametrize("text", ["a\nb", "a\n", "\x1b[31m", "\x00", "\u202egnp", "\u2028", "\x85"])
def test_strings_with_control_characters_are_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(text), type=Text)


@given(st.text())
def test_printable_text_always_fits_the_model(text: str) -> None:
    clean = printable(text)
    assert msgspec.json.decode(msgspec.json.encode(clean), type=Text) == clean


@given(st.text(), numbers_and_words, st.none() | st.integers(0, 1000))
def test_whatever_a_driver_says_of_its_device_can_be_stored(
    words: str, limits: dict[str, int | float | str], units: int | None
) -> None:
    record = device_record(DeviceInfo("opencl:0", "gpu", words, words, words, words, units, limits))
    assert msgspec.json.decode(msgspec.json.encode(record), type=DeviceRecord) == record


@given(st.text(), numbers_and_words, st.floats())
def test_whatever_a_backend_says_of_its_kernel_can_be_stored(
    words: str, tuning: dict[str, int | float | str], figure: float
) -> None:
    candidates = (Candidate(words, figure, figure, words), Candidate(words, None, None))
    record = kernel_record(KernelInfo(words, 1, tuning, figure, words, candidates), figure)
    assert msgspec.json.decode(msgspec.json.encode(record), type=KernelRecord) == record
