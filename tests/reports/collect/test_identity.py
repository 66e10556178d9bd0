"""What is one device and what are two: by identity, never by a name or an id alone."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hashwatt.bench.result.measurement import Measurement
from hashwatt.bench.result.model import Result
from hashwatt.reports.charts.devices import rate_chart
from hashwatt.reports.collect.gather import Collection, gather_results
from hashwatt.reports.collect.identity import name_without_driver
from hashwatt.reports.compare.history.history import histories
from hashwatt.reports.layout.device_row import row_of
from hashwatt.reports.layout.headline import headline
from hashwatt.reports.layout.labels import labels_of

from ..factory import machine, result, verified
from ..samples import device_record

CARD: dict[str, Any] = {"kind": "gpu", "backend": "opencl", "runs_on_host_cpu": False, "compute_units": 30}


def card(device: str, run: int = 0, rate: float = 5e9, **changes: Any) -> Measurement:
    return verified(device, run=run, rate=rate, **{"name": "Some GPU (Platform)", **CARD, **changes})


def names(collection: Collection) -> list[str]:
    return labels_of(collection.groups)


def asked(device: Measurement, *, threads: int | None = None, kernel: str | None = None) -> Measurement:
    """The measurement as with --threads and --kernel."""
    assert device.kernel is not None
    assert device.settings is not None
    tuning = {} if threads is None else {"threads": threads}
    return msgspec.structs.replace(
        device,
        kernel=msgspec.structs.replace(device.kernel, name=kernel or device.kernel.name, tuning=tuning),
        settings=msgspec.structs.replace(device.settings, asked_threads=threads, asked_kernel=kernel),
    )


class TestOneRun:
    """Entries of one run are never one device."""

    @pytest.mark.parametrize("addresses", [("0000:01:00.0", "0000:02:00.0"), (None, None)])
    def test_two_equal_cards_are_two_devices(self, addresses: tuple[str | None, str | None]) -> None:
        pair = (
            card("opencl:0", rate=130e6, pci_address=addresses[0]),
            card("opencl:1", rate=400e6, pci_address=addresses[1]),
        )
        collection = gather_results([result(*pair)])
        assert [len(group.entries) for group in collection.groups] == [1, 1]
        assert len(set(names(collection))) == 2
        assert "Fastest of 2 devices" in headline(collection)[0]

    @pytest.mark.parametrize("addresses", [True, False])
    def test_so_they_are_over_several_runs_and_no_step_is_seen_within_one(self, addresses: bool) -> None:
        runs = [
            result(
                *(
                    card(
                        f"opencl:{number}", run, rate, scatter=0.002,
                        pci_address=f"0000:0{number}:00.0" if addresses else None,
                    )
                    for number, rate in enumerate((130e6, 400e6, 130e6, 400e6))
                ),
                run=run,
                day=1 + run,
            )
            for run in range(4)
        ]  # fmt: skip
        found = histories(gather_results(runs))
        assert [len(history.entries) for history in found] == [4, 4, 4, 4]
        assert [history.steps for history in found] == [()] * 4

    def test_a_run_of_one_twin_alone_joins_that_twin(self) -> None:
        both = result(card("opencl:0", 0, 130e6), card("opencl:1", 0, 400e6), run=0, day=1)
        one = result(card("opencl:1", 1, 401e6), run=1, day=2)
        assert sorted(len(group.entries) for group in gather_results([both, one]).groups) == [1, 2]

    def test_the_same_entries_in_another_order_are_the_same_devices(self) -> None:
        pair = [card("opencl:0", 0), card("opencl:1", 0, 1e9)]
        turned = [card("opencl:1", 1, 1e9), card("opencl:0", 1)]
        collection = gather_results([result(*pair, run=0, day=1), result(*turned, run=1, day=2)])
        assert [len(group.entries) for group in collection.groups] == [2, 2]


def test_ids_swapped_between_runs_are_matched_by_identity() -> None:
    """`opencl:0` is what the driver lists first today."""
    fast = {"name": "Fast GPU (Platform)", "compute_units": 60, "pci_address": "0000:01:00.0"}
    slow = {"name": "Slow GPU (Platform)", "compute_units": 20, "pci_address": "0000:02:00.0"}
    runs = [
        result(card("opencl:0", 0, 9e9, **fast), card("opencl:1", 0, 3e9, **slow), run=0, day=1),
        result(card("opencl:1", 1, 9.01e9, **fast), card("opencl:0", 1, 3.01e9, **slow), run=1, day=2),
    ]
    found = {group.key.name: group for group in gather_results(runs).groups}
    assert {name: len(group.entries) for name, group in found.items()} == {
        "Fast GPU (Platform)": 2,
        "Slow GPU (Platform)": 2,
    }
    for group in found.values():
        rates = [entry.rate.value for entry in group.entries]
        assert max(rates) / min(rates) < 1.05
        assert {entry.device.device.id for entry in group.entries} == {"opencl:0", "opencl:1"}


class TestName:
    """A name is what people read; it tells no two processors of one name apart."""

    def of(self, run: int, rate: float, **changes: Any) -> Result:
        return result(verified(run=run, rate=rate), run=run, day=1 + run, machines=(machine(**changes),))

    @pytest.mark.parametrize(
        "changes",
        [
            {"microarchitecture": "skylake_avx512"},
            {"cpu_signature": "GenuineIntel family 6 model 106 stepping 6"},
            {"cpu_signature": "GenuineIntel family 6 model 85 stepping 4"},
            {"cpu_signature": None},
            {"logical_cpus": 4, "usable_cpus": 4.0},
            {"cpu_model": "Another CPU"},
        ],
    )
    def test_processors_of_one_name_and_different_numbers_are_two(self, changes: dict[str, Any]) -> None:
        base = {"cpu_model": "Xeon @ 2.20GHz", "cpu_signature": "GenuineIntel family 6 model 85 stepping 7"}
        runs = [self.of(0, 27e6, **base), self.of(1, 66e6, **{**base, **changes})]
        assert len(gather_results(runs).groups) == 2

    def test_arm_machines_without_a_name_are_told_apart_by_their_parts(self) -> None:
        runs = [
            result(
                verified(run=run, rate=rate, name=f"aarch64 (Arm part {part} r1p1)"),
                run=run,
                day=1 + run,
                machines=(machine(cpu_model=None, microarchitecture=None, cpu_signature=f"Arm part {part} r1p1"),),
            )
            for run, (rate, part) in enumerate(((30e6, "0xd0c"), (60e6, "0xd40")))
        ]
        collection = gather_results(runs)
        assert [len(group.entries) for group in collection.groups] == [1, 1]
        assert names(collection) == ["aarch64 (Arm part 0xd40 r1p1)", "aarch64 (Arm part 0xd0c r1p1)"]

    def test_more_memory_on_a_card_is_another_card_and_a_little_more_is_another_driver(self) -> None:
        runs = [
            result(card("opencl:0", run, limits={"memory_bytes": mib << 20}), run=run, day=1 + run)
            for run, mib in enumerate((8100, 8192, 12288))
        ]
        assert sorted(len(group.entries) for group in gather_results(runs).groups) == [1, 2]

    @pytest.mark.parametrize(
        ("name", "driver", "plain"),
        [
            ("GTX 970 (NVIDIA CUDA 535.54)", "NVIDIA CUDA 535.54, OpenCL 3.0 CUDA", "GTX 970 (NVIDIA CUDA)"),
            ("GTX 970 (NVIDIA CUDA)", "NVIDIA CUDA 535.54, OpenCL 3.0 CUDA", "GTX 970 (NVIDIA CUDA)"),
            ("EPYC (PoCL 3.0-rc2 Rel, with CPU)", "PoCL 3.0-rc2 Rel, with CPU, OpenCL 3.0", "EPYC (PoCL, with CPU)"),
            ("Card (rev 2)", "rev 2", "Card (rev)"),
            ("Test CPU", "Numba on CPython 3.11.7", "Test CPU"),
            ("A 7 B", "7", "A 7 B"),
            ("", "x 1", "opencl:0"),
        ],
    )
    def test_a_driver_s_version_is_no_part_of_the_name(self, name: str, driver: str, plain: str) -> None:
        record = msgspec.structs.replace(device_record("opencl:0", name), driver=driver)
        assert name_without_driver(record) == plain


class TestSetting:
    """Runs in different settings are never one row, and a restricted one never speaks for its device."""

    def runs(self, restricted: Measurement, changes: dict[str, Any] | None = None) -> Collection:
        free = result(verified(run=0, rate=50e6), run=0, day=1)
        machines = (machine(**(changes or {})),)
        return gather_results([free, result(restricted, run=1, day=2, machines=machines)])

    @pytest.mark.parametrize(
        ("restricted", "changes", "words"),
        [
            (asked(verified(run=1, rate=25e6), threads=1), {}, "1 thread asked for"),
            (asked(verified(run=1, rate=25e6), kernel="sse2"), {}, "kernel sse2 asked for"),
            (verified(run=1, rate=25e6), {"usable_cpus": 1.0}, "held to 1 CPU"),
            (verified(run=1, rate=25e6), {"usable_cpus": 0.12}, "held to 0.12 CPUs"),
        ],
        ids=["threads", "kernel", "affinity", "quota"],
    )
    def test_a_newer_restricted_run_stands_in_a_row_of_its_own(
        self, restricted: Measurement, changes: dict[str, Any], words: str
    ) -> None:
        collection = self.runs(restricted, changes)
        free, held = collection.groups
        assert (free.restricted, held.restricted) == ("", words)
        assert words in row_of(held).place
        assert collection.speakers == (free,)
        assert headline(collection)[0].startswith("Test CPU reaches 49.94")
        assert words in rate_chart(collection.rankings[0], "x").alt

    def test_what_is_asked_of_a_run_does_not_concern_a_device_that_knows_no_such_thing(self) -> None:
        """`--threads 1 --kernel avx2` over all devices: a card has neither."""
        gpu = card("opencl:0")
        assert gpu.settings is not None
        settings = msgspec.structs.replace(gpu.settings, asked_threads=1, asked_kernel="avx512")
        (group,) = gather_results([result(msgspec.structs.replace(gpu, settings=settings))]).groups
        assert group.restricted == ""

    def test_a_faster_forced_kernel_does_not_speak_either(self) -> None:
        collection = self.runs(asked(verified(run=1, rate=90e6), kernel="avx512"))
        assert collection.groups[0].restricted
        assert [group.restricted for group in collection.speakers] == [""]
        assert headline(collection)[0].startswith("Test CPU reaches 49.94")

    def test_where_there_is_nothing_else_it_speaks_under_its_own_words(self) -> None:
        collection = gather_results([result(asked(verified(), threads=1))])
        assert headline(collection)[0].startswith("Test CPU, 1 thread asked for reaches")

    def test_other_numbers_of_threads_are_other_rows_whoever_chose_them(self) -> None:
        def with_threads(run: int, threads: int) -> Result:
            device = asked(verified(run=run), threads=threads)
            assert device.settings is not None
            free = msgspec.structs.replace(
                device, settings=msgspec.structs.replace(device.settings, asked_threads=None)
            )
            return result(free, run=run, day=1 + run)

        collection = gather_results([with_threads(0, 2), with_threads(1, 4), with_threads(2, 4)])
        assert sorted(len(group.entries) for group in collection.groups) == [1, 2]
        assert len(set(names(collection))) == 2
        assert len(collection.speakers) == 1

    def test_a_card_does_not_care_how_many_cpus_its_host_lets_it_have(self) -> None:
        runs = [
            result(card("opencl:0", run), run=run, day=1 + run, machines=(machine(usable_cpus=float(2 - run)),))
            for run in range(2)
        ]
        assert [len(group.entries) for group in gather_results(runs).groups] == [2]


class TestRepeats:
    """One run that stands in several files counts once, whatever the files say beside it."""

    def test_one_proof_under_four_notes_is_one_run(self) -> None:
        first = result(verified())
        copies = [msgspec.structs.replace(first, note=note) for note in ("a", "b", "c")]
        collection = gather_results([first, *copies])
        assert [len(group.entries) for group in collection.groups] == [1]
        assert ["one proof counts once" in entry.faults[0] for entry in collection.apart] == [True] * 3
        assert "1 measurement verified" in " ".join(headline(collection))

    def test_the_same_proof_on_another_processor_is_no_second_device(self) -> None:
        first = result(verified())
        copy = msgspec.structs.replace(first, machines=(machine(cpu_model="Wonder CPU"),))
        named = msgspec.structs.replace(first, results=(msgspec.structs.replace(
            first.results[0], device=msgspec.structs.replace(first.results[0].device, name="Wonder CPU")
        ),))  # fmt: skip
        collection = gather_results([first, copy, named])
        assert [group.newest.result for group in collection.groups] == [first]
        assert len(collection.apart) == 2
        assert headline(collection)[0].startswith("Test CPU reaches")

    def test_a_result_given_twice_in_memory_counts_once(self) -> None:
        one = result(verified())
        collection = gather_results([one, one])
        assert [len(group.entries) for group in collection.groups] == [1]
        assert collection.apart == ()


class TestLabels:
    """Long names that begin alike are told apart."""

    def test_fifty_devices_with_names_alike_in_119_letters_have_fifty_labels(self) -> None:
        names_of = ["A very long name of an accelerator " * 4 + f"number {number}" for number in range(50)]
        assert len({name[:119] for name in names_of}) == 1
        devices = [card(f"opencl:{number}", name=name) for number, name in enumerate(names_of)]
        collection = gather_results([result(*devices)])
        assert len(collection.groups) == 50
        labels = names(collection)
        assert len(set(labels)) == 50
        assert all(len(label) <= 120 and "number" in label for label in labels)

    def test_names_that_differ_in_the_middle_alone_are_numbered(self) -> None:
        devices = [card(f"opencl:{n}", name="x" * 200 + str(n) + "y" * 200) for n in range(3)]
        labels = names(gather_results([result(*devices)]))
        assert len(set(labels)) == 3
        assert all(len(label) <= 120 for label in labels)
