"""Where NVML refuses, the first hour's question for joules is answered with one sentence that says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..bench.energy.meters.test_nvml import build
from .carried import ROOT

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the fake library is one for Linux"),
    pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler to build the fake libnvidia-ml.so.1"),
]
PLACE = "0000:01:00.0"
ASKS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from hashwatt.kernels.device import Found
from hashwatt.kernels.fakes import device
from tests.gpu.questions import energy
(steady,) = [one for one in device.find() if isinstance(one, Found) and one.info.id.endswith("steady")]
info = replace(steady.info, kind="gpu", name=sys.argv[2], pci_address=sys.argv[3], runs_on_host_cpu=False)
energy.device_of = lambda _: replace(steady, info=info)
print(json.dumps(energy.energy("cuda:0", "0.5")))
"""


def ask(library: Path, state: str, name: str = "NVIDIA Fake 9000 (CUDA)", place: str = PLACE) -> dict[str, Any]:
    (library / "state").write_text(state)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(library), "FAKE_NVML_STATE": str(library / "state")}
    command = [sys.executable, "-c", ASKS, str(ROOT), name, place]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("nvml") / "whole")


def test_a_card_that_tells_all_is_sampled_while_it_hashes(whole: Path) -> None:
    told = ask(whole, "5000 200000 0")
    assert told["integrated_w"] == pytest.approx(200.0)
    assert told["counter_stood_still"]
    assert told["hashes_about"] > 0


@pytest.mark.parametrize("refusal", [3, 4], ids=["not supported", "no permission"])
def test_a_card_that_refuses_each_call_is_one_sentence(refusal: int, whole: Path) -> None:
    why = ask(whole, f"5000 200000 {refusal}")["why"]
    assert why.startswith("NVIDIA Fake 9000 tells neither joules nor watts: ")


@pytest.mark.parametrize(
    ("having", "place", "sentence"),
    [
        (("INIT=18",), PLACE, "the loaded NVIDIA driver and its library are of different versions"),
        (("NO_FIRST",), PLACE, "card 0 does not answer: GPU is lost"),
        (("MIG",), PLACE, "NVIDIA Fake 9000 is cut into slices (MIG) and counts all of them"),
        ((), "0000:09:00.0", "NVIDIA Fake 9000 is not the device"),
        (("CARDS=0",), PLACE, "the NVIDIA driver knows of no card"),
    ],
    ids=["versions", "lost", "slices", "another card", "none"],
)
def test_why_there_are_no_joules_is_one_sentence(
    having: tuple[str, ...], place: str, sentence: str, tmp_path: Path
) -> None:
    assert ask(build(tmp_path / "library", having=having), "5000 200000 0", place=place) == {"why": sentence}


def test_a_slice_has_no_joules_of_its_own(whole: Path) -> None:
    why = ask(whole, "5000 200000 0", name="NVIDIA Fake 9000 MIG 1g.5gb (CUDA)")["why"]
    assert why == "NVIDIA Fake 9000 is the device and more"


def test_without_nvmls_library_the_driver_is_named(tmp_path: Path) -> None:
    (tmp_path / "libnvidia-ml.so.1").write_text("no library: it also hides one that the machine may have")
    assert "libnvidia-ml.so.1 is not here" in ask(tmp_path, "")["why"]
