"""One proof counts once, under however many names and notes it is shown."""

from __future__ import annotations

import msgspec
import pytest

from hashwatt.bench.result.model import Result
from hashwatt.reports.collect.gather import gather_results

from ..factory import machine, result, tampered, verified


def renamed(run: Result, name: str) -> Result:
    (entry,) = run.results
    device = msgspec.structs.replace(entry.device, name=name)
    return msgspec.structs.replace(run, results=(msgspec.structs.replace(entry, device=device),))


@pytest.mark.parametrize(
    "copies",
    [
        [msgspec.structs.replace(result(run=5), note=note) for note in ("one", "two", "three")],
        [renamed(result(run=5), name) for name in ("Xeon", "EPYC", "Wonder chip")],
        [result(verified(run=5), run=5, machines=(machine(cpu_model=model),)) for model in ("Xeon", "EPYC", "Core")],
    ],
    ids=["notes", "device names", "machine names"],
)
def test_one_proof_ranks_once(copies: list[Result]) -> None:
    collection = gather_results(copies)
    assert len(collection.groups) == 1
    assert len(collection.groups[0].entries) == 1
    assert len(collection.apart) == 2
    assert all("one proof counts once" in entry.faults[0] for entry in collection.apart)


def test_two_runs_of_one_device_are_two_proofs() -> None:
    collection = gather_results([result(run=1), result(verified(run=2), run=2)])
    assert [len(group.entries) for group in collection.groups] == [2]
    assert not collection.apart


def test_what_does_not_verify_takes_no_place_from_what_does() -> None:
    collection = gather_results([result(tampered(verified(run=3)), run=3), result(verified(run=3), run=3)])
    assert len(collection.groups) == 1
    (apart,) = collection.apart
    assert "one proof" not in apart.faults[0]
