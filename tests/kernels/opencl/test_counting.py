"""How assembly of GPUs is read, and what is said where no compiler is there or one does odd things."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.kernels.opencl.codegen.emit import emit
from hashwatt.kernels.opencl.codegen.variant import Variant
from hashwatt.kernels.opencl.compilers import toolchain
from hashwatt.kernels.opencl.compilers.compile import Language, compiled_to
from hashwatt.kernels.opencl.compilers.count import counts

SASS = """
        /*0000*/                   LDC R1, c[0x0][0x28] ;
        /*0010*/              @!P0 BRA `(.L_x_2) ;
.L_x_1:
        /*0020*/                   SHF.L.W.U32.HI R2, R3, 0x7, R3 ;
        /*0030*/                   LOP3.LUT R4, R5, R6, R7, 0x96, !PT ;
        /*0040*/                   IADD3 R8, R9, R10, R11 ;
        /*0050*/                   VIADD R8, R9, 0x1 ;
        /*0060*/                   IMAD.IADD R12, R13, 0x1, R14 ;
        /*0070*/                   IMAD.HI.U32 R15, R16, UR4, RZ ;
        /*0080*/              @P1  ISETP.NE.AND P2, PT, R2, RZ, PT ;
        /*0090*/                   ULDC UR5, c[0x0][0x238] ;
        /*00a0*/              @P2  BRA `(.L_x_1) ;
.L_x_2:
        /*00b0*/                   IADD3 R8, R9, R10, R11 ;
        /*00c0*/                   EXIT ;
"""
AMDGCN = """
scan:                                   ; @scan
; %bb.0:
\ts_load_dwordx4 s[0:3], s[4:5], 0x0
.LBB0_1:                                ; =>This Inner Loop Header
\tv_alignbit_b32 v1, v2, v2, 7
\tv_add3_u32 v1, v2, v3, v4
\tv_xad_u32 v1, v2, v3, v4
\tv_bfi_b32 v1, v2, v3, v4
\tv_dual_add_nc_u32 v1, v2, v3 :: v_dual_and_b32 v4, v5, v6
\tv_mul_hi_u32 v1, v2, v3
\tv_cmp_eq_u32_e32 vcc_lo, 0, v1
\ts_and_b32 s6, s6, s7
; %bb.2:
\tv_add_nc_u32_e32 v1, v2, v3
"""


def test_sass_is_counted_in_its_longest_stretch_by_kind() -> None:
    assert counts("sass", SASS) == {
        "shift": 1, "logic": 1, "add": 2, "multiply": 1, "multiply_high": 1, "other": 1, "elsewhere": 2,
    }  # fmt: skip


def test_amdgcn_is_counted_in_its_longest_stretch_by_kind_both_halves_of_a_pair() -> None:
    assert counts("amdgcn", AMDGCN) == {
        "shift": 1, "add": 3, "logic": 2, "multiply_high": 1, "other": 1, "elsewhere": 1,
    }  # fmt: skip


def test_nothing_is_counted_in_what_is_no_assembly() -> None:
    assert not counts("sass", "")
    assert not counts("amdgcn", "who goes there?")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """No compiler anywhere but in the folder that is returned."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "CUDA_FOLDERS", ())
    monkeypatch.setattr(toolchain, "_package_folders", list)
    toolchain._clangs.cache_clear()
    yield tmp_path
    toolchain._clangs.cache_clear()


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)


@pytest.mark.parametrize(("language", "architecture"), [("ptx", "sm_90"), ("sass", "sm_90"), ("amdgcn", "gfx1100")])
def test_without_a_compiler_one_sentence_says_what_to_install(
    language: Language, architecture: str, nothing_installed: Path
) -> None:
    with pytest.raises(InputError, match=r"no clang was found .* install one") as error:
        compiled_to(language, emit(Variant()), architecture)
    assert len(str(error.value)) <= 120


@pytest.mark.parametrize("tool", ["ptxas", "nvdisasm"])
def test_without_nvidias_tools_one_sentence_says_what_to_install(tool: str, nothing_installed: Path) -> None:
    with pytest.raises(InputError, match=f"{tool} was not found; `pip install nvidia-cuda-"):
        toolchain.nvidia_tool(tool)


posix = pytest.mark.skipif(sys.platform == "win32", reason="programs are told by their names' ends there")


@posix
def test_a_clang_without_the_target_and_one_that_is_too_old_are_told_apart(nothing_installed: Path) -> None:
    program(nothing_installed, "clang-13", "print('clang version 13.0.1')")
    with pytest.raises(InputError, match="no clang was found"):
        toolchain.clang_for("amdgcn")
    toolchain._clangs.cache_clear()
    told = "import sys; print('clang version 17.0.0' if '--version' in sys.argv else '    x86    - 32-bit')"
    program(nothing_installed, "clang", told)
    with pytest.raises(InputError, match="no clang here compiles for amdgcn"):
        toolchain.clang_for("amdgcn")


@posix
def test_a_compiler_that_refuses_is_named_with_its_first_words(nothing_installed: Path) -> None:
    refuses = (
        "import sys\n"
        "if '--version' in sys.argv: print('clang version 17.0.0')\n"
        "elif '--print-targets' in sys.argv: print('    amdgcn    - AMD GCN GPUs')\n"
        "else: sys.exit('error: unknown target CPU ' + 'gfx1201' * 100)"
    )
    program(nothing_installed, "clang", refuses)
    with pytest.raises(
        InputError, match="clang 17 does not compile for gfx1201; another release may: error: "
    ) as error:
        compiled_to("amdgcn", emit(Variant()), "gfx1201")
    assert len(str(error.value)) <= 120


@pytest.mark.parametrize(
    ("language", "architecture"),
    [
        ("sass", "gfx1100"),
        ("amdgcn", "sm_90"),
        ("ptx", "sm_90; rm"),
        ("sass", ""),
        ("sass", "--help"),
        ("sass", "sm_9" * 99),
    ],
)
def test_what_is_no_architecture_is_answered_with_one(language: Language, architecture: str) -> None:
    with pytest.raises(InputError, match=r"is no architecture of .* give one such as") as error:
        compiled_to(language, emit(Variant()), architecture)
    assert len(str(error.value)) <= 120
