"""The kernels in assembly of our own: what is in them, that nothing runs where it is not known, other systems."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import archspec.cpu
import llvmlite.binding as llvm
import pytest

from hashwatt.kernels.cpu.assembly.instructions import Memory
from hashwatt.kernels.cpu.codegen import decoupled_ir, pipelined_ir
from hashwatt.kernels.cpu.codegen.chains import STEPS, Chain, in_slots
from hashwatt.kernels.cpu.codegen.horizontal_schedules import HorizontalSchedules
from hashwatt.kernels.cpu.codegen.vector_ir import VectorTarget
from hashwatt.kernels.cpu.codegen.vertical_schedules import VerticalSchedules
from hashwatt.kernels.cpu.cores.features import host_attributes
from hashwatt.kernels.cpu.jit import compile_variant
from hashwatt.kernels.cpu.job_words import job_array
from hashwatt.kernels.cpu.variants import MIXES, SCAN, Variant, program, variant, variants
from hashwatt.kernels.cpu.workers import record_space
from hashwatt.kernels.graph.schedule import Ports
from hashwatt.kernels.graph.words import MASK
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.oracle import reference_scan
from hashwatt.kernels.machines import Machine, Throughput, host_machine, machine, machines

AVX512 = '"target-cpu"="x86-64" "target-features"="+avx512f,+avx512vl,+avx512bw,+avx512dq,+sha"'
AVX = '"target-cpu"="x86-64" "target-features"="+avx,+sha,+sse4.1"'
# Lanes, slots and streams.
DECOUPLED = {"sha-decoupled-x9": (9, 3, 4), "sha-decoupled-x8": (8, 4, 4), "sha-decoupled-x4": (4, 4, 2)}
# The hybrid as it is where SHA instructions do not mind upper halves in use.
UNCLEAN = "avx512-sha-x8 unclean"
STAGINGS = {"avx512-x16-piped": pipelined_ir.LATE_RESULTS, "avx512-x16-ordered": pipelined_ir.LATE_SHIFTS}
OWN = [*STAGINGS, "avx512-sha-x8", *DECOUPLED]
# What an instruction needs of a CPU, by what is in its text, and in LLVM's words.
NEEDS = {
    r"[xyz]mm(1[6-9]|2\d|3[01])|zmm|k1|1to": {"avx512f", "avx512vl"},
    r"sha256": {"sha"},
    r"\bv[pm]": {"avx"},
}


def emitted(name: str, rolled: bool) -> str:
    """The module of a kernel for a CPU that has what it needs, whatever this one has."""
    if name in STAGINGS:
        target = VectorTarget(16, True, machine("zen5").ports(512), AVX512)
        return pipelined_ir.emit("scan", program(True, True), target, STAGINGS[name], rolled)
    if name.startswith("avx512-sha-x8"):
        return decoupled_ir.emit("scan", VerticalSchedules(clean=name != UNCLEAN), AVX512, rolled)
    return decoupled_ir.emit("scan", HorizontalSchedules(*DECOUPLED[name]), AVX, rolled)


def own_lines(module: str) -> list[str]:
    return [line for text in re.findall(r'inteldialect "(.*?)"', module) for line in text.split("\\0A")]


def mnemonics(name: str, rolled: bool = False) -> Counter[str]:
    return Counter(line.split()[0] for line in own_lines(emitted(name, rolled)))


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("rolled", [False, True], ids=["plain", "rolled"])
@pytest.mark.parametrize("triple", ["x86_64-linux-gnu", "x86_64-pc-windows-msvc", "x86_64-apple-macosx"])
def test_every_system_for_x86_can_assemble_it(name: str, rolled: bool, triple: str) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    llvm.initialize_native_asmparser()
    if not llvm.get_default_triple().startswith("x86_64"):
        pytest.skip("this LLVM has the assembler of its own machine only")
    module = llvm.parse_assembly(emitted(name, rolled))
    module.verify()
    machine_code = llvm.Target.from_triple(triple).create_target_machine(opt=2, reloc="pic").emit_object(module)
    assert len(machine_code) > 5_000


@pytest.mark.parametrize("name", [*OWN, UNCLEAN])
def test_a_kernel_asks_for_every_feature_that_its_instructions_need(name: str) -> None:
    for rolled in (False, True):
        required = variant(name.split()[0] + "-rolled" * rolled).requires
        # AVX-512 implies AVX.
        has = required | ({"avx"} if "avx512f" in required else set())
        for line in own_lines(emitted(name, rolled)):
            needed = {
                feature for pattern, features in NEEDS.items() if re.search(pattern, line) for feature in features
            }
            assert needed <= has, line


@pytest.mark.parametrize("each", [*variants(False), *variants(True)], ids=lambda each: each.name)
def test_a_kernel_is_not_run_where_a_feature_is_missing(each: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hashwatt.kernels.cpu.variants.host_features", frozenset)
    monkeypatch.setattr("hashwatt.kernels.cpu.variants.host_architecture", lambda: each.architecture)
    assert (each.missing() is None) == (not each.requires)


@pytest.mark.parametrize("name", STAGINGS)
def test_the_pipeline_has_the_graphs_operations_and_no_other(name: str) -> None:
    counts = mnemonics(name)
    assert (counts["vpaddd"], counts["vprord"], counts["vpsrld"], counts["vpternlogd"]) == (1043, 1020, 156, 628)
    # Moves are what it costs to have three chains at once: still less code than the cache of instructions holds.
    assert sum(counts.values()) < 3600


def test_the_hybrid_has_no_schedule_instructions_and_the_decoupled_kernel_no_wide_registers() -> None:
    vertical, horizontal = mnemonics("avx512-sha-x8"), mnemonics("sha-decoupled-x8")
    assert vertical["sha256rnds2"] == horizontal["sha256rnds2"] == 2 * STEPS * 8
    assert not vertical["sha256msg1"] + vertical["sha256msg2"]
    assert (horizontal["sha256msg1"], horizontal["sha256msg2"]) == (20 * 8, 22 * 8)
    assert not any("ymm" in line or "zmm" in line for line in own_lines(emitted("sha-decoupled-x8", False)))


def test_a_rolled_kernel_makes_the_first_schedule_once_a_batch() -> None:
    both = re.findall(r'inteldialect "(.*?)"', emitted("sha-decoupled-x8", True))
    shared, own = (Counter(line.split()[0] for line in text.split("\\0A")) for text in both)
    assert (shared["sha256rnds2"], own["sha256rnds2"]) == (0, 2 * STEPS * 8)
    assert shared["sha256msg2"] + own["sha256msg2"] == 22 * 8
    assert shared["sha256msg2"] == 11 * 8


@pytest.mark.parametrize("name", ["avx512-sha-x8", *DECOUPLED])
@pytest.mark.parametrize("rolled", [False, True], ids=["plain", "rolled"])
def test_sha_instructions_never_meet_registers_whose_upper_halves_are_in_use(name: str, rolled: bool) -> None:
    """They have no VEX form and keep the upper halves, which LLVM's code around them may have filled."""
    texts = [text.split("\\0A") for text in re.findall(r'inteldialect "(.*?)"', emitted(name, rolled))]
    assert len(texts) == 1 + rolled
    with_sha = [lines for lines in texts if any(line.startswith("sha256") for line in lines)]
    assert with_sha
    for first, *rest in with_sha:
        assert first == "vzeroupper"
        assert not any(re.search(r"\b[yz]mm(\d|1[0-5])\b", line) for line in rest)


@pytest.mark.parametrize("part", MIXES)
@pytest.mark.parametrize("name", ["avx512-sha-x8", "avx512-sha-x8-rolled"])
def test_the_roof_of_the_hybrid_keeps_the_upper_halves_clean_too(name: str, part: str) -> None:
    module = variant(name).emit(part, "stream")
    first, *mixed = own_lines(module)
    assert first == "vzeroupper"
    assert not any(re.search(r"\b[yz]mm(\d|1[0-5])\b", line) for line in mixed)
    # Nothing else in it works on vectors.
    assert "<" not in "".join(line for line in module.splitlines() if "asm" not in line and "!" not in line)
    own, _ = variant(name).operations()
    counts = Counter(decoupled_ir.KINDS[line.split()[0]] for line in mixed)
    assert counts.total() == 192
    assert all(counts[kind] == pytest.approx(192 * own[kind] / own.total(), abs=1) for kind in own)


@pytest.mark.skipif(bool(variant("avx512-sha-x8").missing()), reason="this CPU lacks AVX-512 or SHA instructions")
@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("prefixes", [1, 3])
def test_the_hybrid_gives_the_same_whichever_registers_it_has(clean: bool, prefixes: int) -> None:
    rolled = prefixes > 1
    module = decoupled_ir.emit("scan", VerticalSchedules(clean), host_attributes(), rolled)
    job = Job(roll_versions(bytes(range(76)), prefixes), 1)
    answer = loaded(module, variant("avx512-sha-x8" + "-rolled" * rolled))(job, NONCES_AT_AN_EDGE)
    assert answer == (0, reference_scan(job, NONCES_AT_AN_EDGE)[1])


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "clean"),
    [
        ("zen4", "znver4", False),
        ("zen5", "znver5", False),
        ("zen6", "znver5", True),
        ("icelake", "emeraldrapids", True),
        ("x86_64_v4", "a-new-core", True),
    ],
)
def test_the_hybrid_uses_upper_halves_only_where_that_was_seen_to_cost_nothing(
    archspec_name: str, llvm_name: str, clean: bool, core_of: Callable[[str, str], None]
) -> None:
    core_of(archspec_name, llvm_name)
    lines = own_lines(variant("avx512-sha-x8").emit(SCAN, "scan"))
    assert clean == ("vzeroupper" in lines) == (not any("ymm13" in line for line in lines))


def test_a_pass_of_the_shortest_decoupled_kernel_fits_beside_a_busy_hyperthread() -> None:
    # Zen 3 keeps 4,096 decoded instructions, and a hyperthread beside takes half of them.
    assert mnemonics("sha-decoupled-x4").total() < 4096 // 2 < mnemonics("sha-decoupled-x8").total()


@pytest.mark.parametrize(("chains", "slots"), [(16, 6), (16, 4), (24, 3), (16, 5)])
def test_chains_cut_at_the_end_of_a_pass_go_on_in_the_next(chains: int, slots: int) -> None:
    """Runs passes of a toy in which a step adds its pair to the state, and looks at what each chain ends with."""
    ended: list[tuple[int, int]] = []
    memory: dict[str, int] = {}
    registers: dict[str, int] = {}

    def chain(number: int) -> Chain:
        return Chain(
            begin=lambda first, second: [f"begin {first}", f"begin {second}"],
            pair=lambda step, late: Memory("late" if late else "now", 100 * number + step),
            end=lambda first, second, late: [f"end {number} {first} {second}"],
        )

    cut = in_slots([chain(number) for number in range(chains)], slots, Memory("wait", 0))
    steps = [line for step in cut.steps for line in step]
    for _ in range(3):
        for line in [*cut.before, *steps, *cut.after]:
            words = line.replace(",", "").split()
            match words[0]:
                case "begin":
                    registers[words[1]] = 0
                case "vmovq":
                    pair = int(line.split("+ ")[1].rstrip("]")) % 100
                case "sha256rnds2":
                    # The pairs of a chain come in their order, two states behind each other.
                    registers[words[1]] = registers[words[1]] + pair + 1
                case "vmovdqa":
                    if load := re.fullmatch(r"vmovdqa (xmm\d+), xmmword ptr (.*)", line):
                        registers[load[1]] = memory.get(load[2], 0)
                    elif store := re.fullmatch(r"vmovdqa xmmword ptr (.*), (xmm\d+)", line):
                        memory[store[1]] = registers[store[2]]
                case "end":
                    ended.append((int(words[1]), registers[words[2]] + registers[words[3]]))
    whole = sum(range(1, STEPS + 1))
    # The first pass has the ends of chains that never began.
    last_pass = ended[-chains:]
    assert sorted(number for number, _ in last_pass) == list(range(chains))
    assert {total for _, total in last_pass} == {whole}


Scanner = Callable[[Job, range], tuple[int, int]]


def loaded(module: str, like: Variant) -> Scanner:
    """Runs a module of a variant's sort on this CPU: the number of records and the checksum."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.initialize_native_asmparser()
    machine_here = llvm.Target.from_default_triple().create_target_machine(opt=2, jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(module), machine_here)
    engine.finalize_object()
    signature = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p, *[ctypes.c_uint32] * 4, ctypes.c_void_p)
    function = signature(engine.get_function_address("scan"))

    compiled = compile_variant(like)

    def scan(job: Job, nonces: range) -> tuple[int, int]:
        # `engine` is kept as long as the function.
        assert engine is not None
        words, prefixes = job_array(compiled, job), len(job.prefixes)
        records = record_space(like.lanes, prefixes, len(nonces))
        counts = nonces.start, *divmod(len(nonces), like.lanes), prefixes
        answer = function(words.ctypes.data, *counts, records.ctypes.data)
        return answer >> 32, answer & MASK

    return scan


NONCES_AT_AN_EDGE = range(2**31 - 40, 2**31 + 61)


@pytest.mark.skipif(bool(variant("avx512-x16-piped").missing()), reason="this CPU lacks AVX-512")
@pytest.mark.parametrize("ports_of", ["zen5", "zen4", "skylake_avx512"])
@pytest.mark.parametrize(
    "staging",
    [*(pipelined_ir.Staging(stages, more_ports=stages // 3) for stages in (1, 2, 3)), pipelined_ir.LATE_SHIFTS],
    ids=["1 stage", "2 stages", "3 stages", "late shifts"],
)
@pytest.mark.parametrize("prefixes", [1, 3])
def test_any_number_of_stages_in_an_order_for_any_machine_gives_the_same(
    ports_of: str, staging: pipelined_ir.Staging, prefixes: int
) -> None:
    rolled = prefixes > 1
    target = VectorTarget(16, True, machine(ports_of).ports(512), host_attributes())
    module = pipelined_ir.emit("scan", program(True, True), target, staging, rolled)
    job = Job(roll_versions(bytes(range(76)), prefixes), 1)
    answer = loaded(module, variant("avx512-x16-piped" + "-rolled" * rolled))(job, NONCES_AT_AN_EDGE)
    assert answer == (0, reference_scan(job, NONCES_AT_AN_EDGE)[1])


@pytest.mark.skipif(bool(variant("sha-decoupled-x8").missing()), reason="this CPU lacks SHA instructions or AVX")
@pytest.mark.parametrize(("lanes", "slots", "streams"), [(8, 3, 4), (5, 4, 3), (8, 6, 1), (12, 5, 2)])
@pytest.mark.parametrize("prefixes", [1, 3])
def test_any_number_of_chains_and_schedules_at_once_gives_the_same(
    lanes: int, slots: int, streams: int, prefixes: int
) -> None:
    rolled = prefixes > 1
    schedules = HorizontalSchedules(lanes, slots, streams)
    module = decoupled_ir.emit("scan", schedules, host_attributes(("avx2", "avx512f")), rolled)
    like = replace(variant("sha-decoupled-x8" + "-rolled" * rolled), lanes=lanes)
    job = Job(roll_versions(bytes(range(76)), prefixes), 1)
    assert loaded(module, like)(job, NONCES_AT_AN_EDGE) == (0, reference_scan(job, NONCES_AT_AN_EDGE)[1])


def test_every_row_of_the_machines_says_who_measured_it() -> None:
    rows = [(name, key, row) for name, each in machines().items() for key, row in each.rows.items()]
    assert len(rows) > 30
    assert all(row.source and 0 < row.per_cycle <= 8 for _, _, row in rows)
    known = {"add", "xor", "ternary", "rotate", "shift", "shuffle", "load", "store"}
    known |= {"sha256rnds2", "sha256msg1", "sha256msg2"}
    assert {kind for _, (_, kind), _ in rows} <= known


def test_the_pipeline_can_be_ordered_for_every_machine_whose_rotates_of_512_bits_are_known() -> None:
    known = [each for each in machines().values() if (512, "rotate") in each.rows]
    assert [each.ports(512).width > 1 for each in known] == [True] * 4


def test_what_starts_every_other_cycle_has_a_port() -> None:
    slow = Throughput(0.5, None, "half a port", "made up")
    assert Machine("slow", {(512, "add"): slow, (512, "rotate"): slow}).ports(512) == Ports(width=1, shifts=1)


def test_rotates_and_shifts_are_apart_on_zen_4_only() -> None:
    shared = {name for name in machines() if machine(name).shares_shifts(512)}
    assert shared == {"zen5", "skylake_avx512", "sapphirerapids"}


@pytest.fixture
def core_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    def be(archspec_name: str, llvm_name: str) -> None:
        monkeypatch.setattr("archspec.cpu.host", lambda: archspec.cpu.TARGETS[archspec_name])
        monkeypatch.setattr("llvmlite.binding.get_host_cpu_name", lambda: llvm_name)
        # Whatever the machine can do that runs the tests.
        monkeypatch.setattr("llvmlite.binding.get_host_cpu_features", dict)
        host_machine.cache_clear()

    yield be
    host_machine.cache_clear()


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "known"),
    [
        ("x86_64_v4", "znver5", "zen5"),
        ("zen2", "znver3", "zen3"),
        ("zen5", "znver4", "zen5"),
        ("icelake", "emeraldrapids", "sapphirerapids"),
    ],
)
def test_a_machine_that_hides_features_is_known_by_its_family(
    archspec_name: str, llvm_name: str, known: str, core_of: Callable[[str, str], None]
) -> None:
    core_of(archspec_name, llvm_name)
    assert host_machine() is machine(known)


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "stages"),
    [
        ("zen5", "znver5", 3),
        ("zen4", "znver4", 3),
        ("icelake", "emeraldrapids", 2),
        ("icelake", "icelake-server", 2),
        ("x86_64_v4", "a-new-core", 3),
    ],
)
def test_the_pipeline_has_the_stages_that_were_best_on_cores_like_these(
    archspec_name: str, llvm_name: str, stages: int, core_of: Callable[[str, str], None]
) -> None:
    core_of(archspec_name, llvm_name)
    for name in ("avx512-x16-piped", "avx512-x16-piped-rolled"):
        carried = re.findall(r"%(context\d) = phi", variant(name).emit(SCAN, "scan"))
        assert len(carried) == stages


def test_a_machine_that_nothing_is_known_of_has_no_data(core_of: Callable[[str, str], None]) -> None:
    core_of("x86_64_v4", "a-new-core")
    assert host_machine() is None


@pytest.mark.parametrize(
    ("archspec_name", "llvm_name", "relative"),
    [("x86_64_v4", "cascadelake", "skylake_avx512"), ("icelake", "icelake-server", "skylake_avx512")],
)
def test_a_family_without_data_is_taken_for_its_closest_ancestor(
    archspec_name: str, llvm_name: str, relative: str, core_of: Callable[[str, str], None]
) -> None:
    core_of(archspec_name, llvm_name)
    assert host_machine() is machine(relative)
