"""A CPU that PoCL's LLVM does not know gets a name that fits; where the name fits, or anything is odd, all is left."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import pytest

from hashwatt.kernels.cpu.cores.features import host_features
from hashwatt.kernels.headers.job import PREFIX_BYTES, Job
from hashwatt.kernels.opencl.runtimes import pocl
from hashwatt.kernels.opencl.runtimes.pocl import LAYOUTS, LIBRARIES, PLATFORM, TRIPLE, WORDS_OF, fitting_name, renamed

from .devices import device_named, open_here

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pip has PoCL for Linux only")

FEATURES = {name: needed for name, _, needed in LIBRARIES}
AVX512, AVX2, AVX, SSE4 = (FEATURES[name] for name in ("skylake-avx512", "haswell", "sandybridge", "penryn"))


@pytest.mark.parametrize(
    ("cpu", "stated", "native_width", "features", "name"),
    [
        ("Zen 5", "generic", 16, AVX512, "skylake-avx512"),
        ("Zen 4", "znver3", 16, AVX512, "skylake-avx512"),
        ("a Xeon whose hypervisor hides AVX-512", "sapphirerapids", 8, AVX2, "haswell"),
        ("Meteor Lake, guessed from its features", "goldmont", 8, AVX2, "haswell"),
        ("Hygon Dhyana, whose vendor LLVM does not know", "generic", 8, AVX2, "haswell"),
        ("an unknown CPU with AVX alone", "generic", 8, AVX | SSE4, "sandybridge"),
        ("an unknown CPU with SSE4", "generic", 4, SSE4 | {"sse2"}, "penryn"),
        ("an unknown CPU with AVX-512F alone", "generic", 16, AVX2 | {"avx512f"}, "haswell"),
        ("Sapphire Rapids", "sapphirerapids", 16, AVX512, None),
        ("Zen 3", "znver3", 8, AVX2, None),
        ("Nehalem", "nehalem", 4, SSE4, None),
        ("a CPU of which nothing is known", "generic", 16, frozenset(), None),
    ],
)
def test_the_name_is_that_of_the_library_that_fits_the_features(
    cpu: str, stated: str, native_width: int, features: frozenset[str], name: str | None
) -> None:
    assert fitting_name(stated, native_width, features) == name, cpu


def test_every_library_is_made_for_vectors_of_its_own_cpu() -> None:
    for name, width, _ in LIBRARIES:
        assert name in WORDS_OF[width].split()


class Simulated:
    """A device of PoCL's as pyopencl shows it, with a record in memory as PoCL has it."""

    driver_version = "3.0-rc2"
    version = f"OpenCL 3.0 PoCL HSTR: pthread-{TRIPLE}-generic"
    native_vector_width_int = 16

    def __init__(self, **other_texts: bytes) -> None:
        self.platform = SimpleNamespace(name=PLATFORM)
        layout = LAYOUTS[self.driver_version]
        texts = {
            "driver_version": b"3.0-rc2",
            "version": b"OpenCL 3.0 PoCL",
            "triple": TRIPLE.encode(),
            "cpu": b"generic",
        }
        self.kept = {field: ctypes.create_string_buffer(text) for field, text in {**texts, **other_texts}.items()}
        self.record = ctypes.create_string_buffer(1024)
        self.int_ptr = ctypes.addressof(self.record)
        for field, text in self.kept.items():
            self.pointer(getattr(layout, field)).value = ctypes.addressof(text)

    def pointer(self, offset: int) -> ctypes.c_void_p:
        return ctypes.c_void_p.from_buffer(self.record, offset)

    def cpu(self) -> bytes:
        value = ctypes.c_char_p(self.pointer(LAYOUTS["3.0-rc2"].cpu).value).value
        assert value is not None
        return value


def test_a_name_that_does_not_fit_is_replaced() -> None:
    device = Simulated()
    assert renamed(device, AVX512) == "skylake-avx512"
    assert device.cpu() == b"skylake-avx512"
    before = bytes(device.record)
    assert renamed(device, AVX512) == "skylake-avx512", "a device that is opened once more has it already"
    assert bytes(device.record) == before


def test_a_name_that_fits_is_left() -> None:
    device = Simulated(cpu=b"icelake-server")
    device.version = device.version.replace("generic", "icelake-server")
    assert renamed(device, AVX512) is None
    assert device.cpu() == b"icelake-server"


@pytest.mark.parametrize("field", ["driver_version", "version", "triple", "cpu"])
def test_a_record_that_says_anything_else_is_left(field: str) -> None:
    device = Simulated(**{field: b"something else"})
    before = bytes(device.record)
    assert renamed(device, AVX512) is None
    assert bytes(device.record) == before


def test_another_release_and_another_runtime_are_left() -> None:
    for change in ({"driver_version": "3.1"}, {"platform": SimpleNamespace(name="rusticl")}, {"version": "OpenCL 3.0"}):
        device = Simulated()
        vars(device).update(change)
        before = bytes(device.record)
        assert renamed(device, AVX512) is None
        assert bytes(device.record) == before


@pytest.mark.parametrize("address", [0, 8, 1 << 46, (1 << 64) - 8, -1])
def test_an_address_where_nothing_is_does_not_end_the_process(address: int) -> None:
    device = Simulated()
    device.int_ptr = address
    assert renamed(device, AVX512) is None


def test_a_pointer_that_leads_nowhere_does_not_end_the_process() -> None:
    device = Simulated()
    device.pointer(LAYOUTS["3.0-rc2"].triple).value = 0xDEAD_0000_0000
    assert renamed(device, AVX512) is None


@pytest.mark.own_process
def test_pip_s_pocl_compiles_whatever_its_llvm_calls_this_cpu() -> None:
    device = open_here("x4-shift-shared-standard", wanted=device_named("PoCL 3.0-rc2"))
    try:
        device.prepare(Job((bytes(PREFIX_BYTES),), target=1))
        words = device._opencl_device.native_vector_width_int
        stated = pocl.stated_name(device._opencl_device.version)
        assert stated is not None
        if fitting_name(stated, words, host_features()) is not None:
            assert device._cpu in {name for name, width, _ in LIBRARIES if width == words}
    finally:
        device.close()
