"""Every variant that a device's compiler takes hashes as hashlib does."""

from __future__ import annotations

import pytest

from hashwatt.kernels.errors import DeviceError, InputError, WrongResult
from hashwatt.kernels.headers.job import Job, roll_versions
from hashwatt.kernels.headers.target import target_from_zero_bits
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.pipes import SHARES
from hashwatt.kernels.opencl.codegen.variant import Variant, all_variants, parse_variant

from ..conformance import assert_as_hashlib
from ..headers import random_prefixes
from .devices import open_first

# One of each choice: all of them would compile for minutes.
VARIANTS = [
    Variant(8, "shift", "xor", "scheduled", form="halved"),
    Variant(16, "shift", "vpternlog"),
    Variant(4, "rotate", "select", form="pipeline"),
    # Choices that one of the above has, too, at other widths.
    *(
        pytest.param(variant, marks=pytest.mark.slow, id=variant.name)
        for variant in (
            Variant(2, "rotate", "shared", "scheduled"),
            Variant(4, "shift", "shared", form="halved"),
            Variant(1, "shift", "shared", form="pipeline"),
        )
    ),
    # PoCL's compiler takes as long for one of these as for all of the above. They are written for GPUs: as CUDA and
    # under Oclgrind `rot15` hashes in every run of the tests (cuda/test_source.py, test_oclgrind.py).
    *(
        pytest.param(Variant(1, "rotate", "xor", pipes=pipes), marks=pytest.mark.slow, id=f"both-pipes-{pipes}")
        for pipes in SHARES
    ),
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_hashes_as_hashlib(variant: Variant) -> None:
    device = open_first(variant.name)
    try:
        # On one device: a process and its runtime take longer to start than the nonces to hash.
        for prefixes in (1, 3):
            job = Job(roll_versions(random_prefixes(1, seed=21)[0], prefixes), target_from_zero_bits(5))
            assert_as_hashlib(device, job, range(2_147_483_000, 2_147_483_000 + 1_237))
    except WrongResult:
        raise
    except DeviceError as error:
        if variant.logic != "vpternlog":
            raise
        pytest.skip(f"for CPUs with AVX-512 and runtimes that know its instructions: {error}")
    finally:
        device.close()


def test_names_are_unique_and_lead_back_to_their_variant() -> None:
    variants = all_variants()
    assert len({variant.name for variant in variants}) == len(variants)
    assert [parse_variant(variant.name) for variant in variants] == variants
    assert [parse_variant(f"opencl-{variant.name}") for variant in variants] == variants, "as tables show them"
    assert [
        parse_variant(f"cuda-{variant.of_job(True).name}") for variant in variants if variant.form == "ndrange"
    ] == [variant for variant in variants if variant.form == "ndrange"]


def test_an_unknown_kernel_is_answered_with_what_names_look_like() -> None:
    with pytest.raises(InputError, match="x16-shift-shared-standard"):
        parse_variant("fastest")


def test_the_same_variant_gives_the_same_source() -> None:
    assert emit(Variant(4)) == emit(Variant(4))


def test_two_loops_halve_the_longest_piece_of_code_and_hand_over_little() -> None:
    whole = emit(Variant(8, "shift", "xor")).count("const word v")
    before, first, rest = emit(Variant(8, "shift", "xor", form="halved")).split("steps; step++")
    assert "const word v" not in before
    assert max(first.count("const word v"), rest.count("const word v")) < 0.55 * whole
    # Within a few of the fewest that any place in the middle of a hash has.
    assert rest.count("= waiting[") == first.count("] = v") <= 14


def test_a_job_of_several_prefixes_has_one_loop_over_them() -> None:
    halved = Variant(8, form="halved")
    assert halved.of_job(rolled=False) == halved
    assert halved.of_job(rolled=True) == Variant(8, rolled=True)
    assert Variant(4, form="pipeline").of_job(rolled=True) == Variant(4, form="pipeline", rolled=True)


def test_version_rolling_computes_the_shared_schedule_outside_the_loop_over_prefixes() -> None:
    before, _, inside = emit(Variant(8, rolled=True)).partition("prefix < prefixes")
    assert before.count("const word v") > 400
    assert inside.count("const word v") > 3_000
