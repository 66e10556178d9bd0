"""What LLVM makes of the hashes' kernels where a CPU has AVX2 at most: as many instructions as the graph has."""

from __future__ import annotations

from collections import Counter

import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.graph.halves import narrowest
from hashwatt.kernels.graph.schedule import schedule
from hashwatt.kernels.workloads.blake2s import description as blake2s
from hashwatt.kernels.workloads.hashing import assembly
from hashwatt.kernels.workloads.hashing import llvm as hashing
from hashwatt.kernels.workloads.hashing.header_graph import HeaderGraph
from hashwatt.kernels.workloads.hashing.streams import BY_BYTES
from hashwatt.kernels.workloads.keccak256 import description as keccak256

# Of AMD's Zen to Zen 3 and Intel's Haswell, caches of decoded operations hold 1,536 to 4,096.
FEWEST_DECODED = 1536
EVERYTHING = frozenset(feature for features in hashing.FEATURES.values() for feature in features)


@pytest.fixture(autouse=True)
def avx2_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "host_features", lambda: frozenset({"avx2"}))
    monkeypatch.setattr(hashing, "host_architecture", lambda: "x86_64")
    monkeypatch.setattr(hashing, "host_attributes", lambda: '"target-features"="+avx2"')


def instructions(graph: HeaderGraph, form: hashing.Form) -> Counter[str]:
    try:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        target = llvm.Target.from_triple("x86_64-unknown-linux-gnu")
    except (RuntimeError, AttributeError):
        pytest.skip("this LLVM does not compile for x86-64")
    machine = target.create_target_machine(cpu="haswell", opt=3)
    module = llvm.parse_assembly(hashing.scan_module(graph, form))
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_unrolling = options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    lines = (line.split() for line in machine.emit_assembly(module).splitlines() if line.startswith("\t"))
    return Counter(words[0] for words in lines if not words[0].startswith((".", "#")))


def test_a_rotation_by_bytes_is_one_shuffle() -> None:
    graph = blake2s.header_graph()
    form = hashing.Form(256, scheduled=True)
    mix, counts = hashing.operation_mix(graph, form), instructions(graph, form)
    # What is done once an item comes on top.
    assert mix[BY_BYTES] <= counts["vpshufb"] <= mix[BY_BYTES] + 4
    vectors = sum(mix.values()) + 2 * mix["rotr"]
    done = sum(counts[name] for name in ("vpaddd", "vpxor", "vpshufb", "vpslld", "vpsrld", "vpor"))
    assert vectors <= done <= vectors + 20


def own_assembly(graph: HeaderGraph, form: hashing.Form) -> list[str]:
    (text,) = (line for line in hashing.scan_module(graph, form).splitlines() if "asm sideeffect" in line)
    return text.split('"')[1].split("\\0A")


def test_our_assembly_has_the_same_operations_and_moves_less() -> None:
    graph = blake2s.header_graph()
    piped, plain, by_llvm, _ = hashing.forms(graph)
    llvms, mix = (hashing.operation_mix(graph, form) for form in (by_llvm, plain))
    # LLVM's rotations are three operations, too.
    assert sum(mix.values()) == sum(llvms.values()) + 2 * llvms["rotr"]
    expected = {
        "vpaddd": mix["add"],
        "vpxor": mix["xor"],
        "vpshufb": mix[BY_BYTES],
        "vpsrld": mix["shr"],
        "vpslld": mix["shl"],
    }
    moves = []
    for form in (piped, plain):
        own = Counter(line.split()[0] for line in own_assembly(graph, form))
        moves.append(own.pop("vmovdqa"))
        assert own == expected
        # Half of what AMD's cores keep decoded.
        assert own.total() + moves[-1] < 2048
    moved = instructions(graph, by_llvm)
    assert moves[1] < (moved["vmovdqa"] + moved["vmovaps"]) / 2


@pytest.mark.parametrize("bits", [256, 512])
def test_what_waits_for_the_second_stage_is_read_before_it_is_made_anew(
    bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bits == 512:
        monkeypatch.setattr(hashing, "host_features", lambda: EVERYTHING)
    graph, isa = blake2s.header_graph(), assembly.ISAS[bits]
    (piped, *_) = hashing.forms(graph)
    program = hashing.job_program(graph, piped)
    _, waiting = narrowest(schedule(program.operations(), isa.ports), assembly.MIDDLE)
    lines = own_assembly(graph, piped)
    assert len(waiting) >= 16
    for slot in range(assembly.WAITING, assembly.WAITING + len(waiting)):
        place = f"[{assembly.ROOM} + {isa.width * slot}]"
        uses = [line for line in lines if place in line]
        # The allocator writes no value back that has a place in memory.
        assert [use.startswith(f"{isa.move} {place}") for use in uses] == [False] * (len(uses) - 1) + [True]
        assert len(uses) > 1


def test_with_three_operand_logic_two_batches_under_way_have_room_in_registers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "host_features", lambda: EVERYTHING)
    graph = blake2s.header_graph()
    forms = hashing.forms(graph)
    assert [form.name for form in forms] == ["v512_piped", "v512_scheduled", "v256_scheduled"]
    assert hashing.operation_mix(graph, forms[0]) == (mix := hashing.operation_mix(graph, forms[1]))
    own = Counter(line.split()[0] for line in own_assembly(graph, forms[0]))
    moves = own.pop("vmovdqa64")
    assert own == {"vpaddd": mix["add"], "vpxord": mix["xor"], "vprord": mix["rotr"], "vpternlogd": mix["ternary"]}
    # What waits for the second stage is stored, a vector each; there is little else to move.
    assert moves < 32


def test_keccaks_rounds_fit_caches_of_instructions() -> None:
    graph = keccak256.header_graph()
    in_a_row = hashing.Form(256, scheduled=True)
    assert all(form.looped for form in hashing.forms(graph))
    (form, *_) = hashing.forms(graph)
    assert instructions(graph, form).total() < FEWEST_DECODED < 4096 < instructions(graph, in_a_row).total()
    # The same work: what is known early, and what is cut at the end, is as much as without a loop.
    some = sum(hashing.operation_mix(graph, form).values())
    fewest = sum(hashing.operation_mix(graph, in_a_row).values())
    assert fewest <= some < 1.05 * fewest
