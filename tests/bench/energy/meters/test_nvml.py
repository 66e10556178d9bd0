"""NVIDIA's own binding against a small fake of NVIDIA's library, compiled here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
LOST = 15
# Ten seconds at 200 W, ten times a second.
STEADY = [[tenth / 10, 5_000_000 + tenth * 20_000, 200_000, 0] for tenth in range(101)]

compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the fake library is one for Linux"),
    pytest.mark.skipif(compiler is None, reason="no C compiler (cc, gcc, clang) to build the fake libnvidia-ml.so.1"),
]


def build(folder: Path, *lacking: str, having: tuple[str, ...] = ()) -> Path:
    folder.mkdir()
    assert compiler is not None
    subprocess.run(
        [
            *(
                compiler,
                "-shared",
                "-fPIC",
                "-O1",
                *(f"-DNO_{name}" for name in lacking),
                *(f"-D{name}" for name in having),
            ),
            *("-o", str(folder / "libnvidia-ml.so.1"), str(HERE / "fake_nvml.c")),
        ],
        check=True,
    )
    return folder


def play(library: Path, states: list[list[float]], tmp_path: Path) -> dict[str, Any]:
    state = tmp_path / "state"
    state.write_text("{} {} {}".format(*(int(number) for number in states[0][1:])))
    answer: dict[str, Any] = ask(library, states, tmp_path)
    return answer


def ask(library: Path, question: object, tmp_path: Path) -> Any:
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, str(HERE / "nvml_driver.py"), str(state), json.dumps(question)],
        env={**os.environ, "LD_LIBRARY_PATH": str(library), "FAKE_NVML_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("nvml") / "whole")


def test_the_energy_counter_comes_first_and_watts_agree(whole: Path, tmp_path: Path) -> None:
    record = play(whole, STEADY, tmp_path)["record"]
    assert record["method"] == "integrated counter"
    assert record["gross_j"] == pytest.approx(2000.0)
    assert record["low_j"] < 1900.1
    assert record["high_j"] > 2099.9
    assert record["cross_check"]["method"] == "sampled power"
    assert record["cross_check"]["joules"] == pytest.approx(2000.0)
    assert record["cross_check"]["agrees"]
    assert (record["scope"], record["covers"]) == ("board", "the device")


def test_a_counter_and_watts_that_disagree_are_told_and_both_lie_in_the_bounds(whole: Path, tmp_path: Path) -> None:
    # As in a field report: 187 J by one way, 327 J by the other.
    states = [[at_s, energy, 114_000, error] for at_s, energy, _, error in STEADY]
    record = play(whole, states, tmp_path)["record"]
    assert not record["cross_check"]["agrees"]
    assert record["gross_j"] == pytest.approx(2000.0)
    assert record["low_j"] <= 1140 * 0.95
    assert record["high_j"] >= 2000
    assert "disagree" in record["bound_source"]


def test_a_card_that_is_lost_leaves_a_reason_and_no_figure(whole: Path, tmp_path: Path) -> None:
    states = [[at_s, energy, power, LOST if at_s > 4 else 0] for at_s, energy, power, _ in STEADY]
    record = play(whole, states, tmp_path)["record"]
    assert record["gross_j"] is None
    assert "GPU is lost" in record["reason"]
    assert record["gaps"] == 1


def test_a_card_that_is_away_for_a_moment_has_counted_on(whole: Path, tmp_path: Path) -> None:
    states = [[at_s, energy, power, LOST if 4 < at_s < 6 else 0] for at_s, energy, power, _ in STEADY]
    record = play(whole, states, tmp_path)["record"]
    assert record["gross_j"] == pytest.approx(2000.0)
    assert record["gaps"] == 1


def test_a_driver_without_the_energy_counter_is_sampled(tmp_path: Path) -> None:
    record = play(build(tmp_path / "old", "ENERGY"), STEADY, tmp_path)["record"]
    assert record["method"] == "sampled power"
    assert record["gross_j"] == pytest.approx(2000.0)
    assert record["cross_check"] is None


def test_a_driver_without_instant_power_gives_what_it_has(tmp_path: Path) -> None:
    record = play(build(tmp_path / "older", "FIELDS"), STEADY, tmp_path)["record"]
    assert record["cross_check"]["joules"] == pytest.approx(2000.0)


def test_a_driver_with_neither_function_has_no_meter_but_a_reason(tmp_path: Path) -> None:
    answer = play(build(tmp_path / "oldest", "ENERGY", "POWER", "FIELDS"), STEADY, tmp_path)
    assert answer["id"] == "nvml:0"
    assert "neither joules nor watts" in answer["reason"]
    assert answer["remedy"]


def test_a_machine_without_the_library_has_no_meter_but_a_reason(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    folder.mkdir()
    # Not a library: it also hides a real one that the machine may have.
    (folder / "libnvidia-ml.so.1").write_text("nothing")
    answer = play(folder, STEADY, tmp_path)
    assert answer["id"] == "nvml"
    assert "libnvidia-ml.so.1 is not here" in answer["reason"]
    assert "driver" in answer["remedy"]


def test_clock_temperature_and_throttle_reasons_are_told(whole: Path, tmp_path: Path) -> None:
    source, clock_hz, temperature_c, throttle = play(whole, STEADY, tmp_path)["probe"]
    assert source == "NVML NVIDIA Fake 9000"
    assert (clock_hz, temperature_c) == (1410e6, 61)
    # An idle card is not a throttled one.
    assert throttle == ["power limit", "heat (driver)"]


NAME = "NVIDIA Fake 9000 (NVIDIA CUDA)"
SLICE = "NVIDIA Fake 9000 MIG 1g.5gb (NVIDIA CUDA)"


def test_each_of_two_equal_cards_has_the_meter_at_its_own_address(tmp_path: Path) -> None:
    library = build(tmp_path / "two", having=("CARDS=2",))
    first, second = ask(library, {"devices": [[NAME, "0000:01:00.0"], [NAME, "0000:02:00.0"]]}, tmp_path)
    assert first["covers"] == {"nvml:0": "the device", "nvml:1": "not the device"}
    assert second["covers"] == {"nvml:0": "not the device", "nvml:1": "the device"}
    assert (first["joules"], second["joules"]) == ([5.0], [1005.0])
    assert (first["probes"], second["probes"]) == (1, 1)


def test_a_cards_counter_never_counts_as_a_slices_own(tmp_path: Path) -> None:
    library = build(tmp_path / "sliced", having=("MIG",))
    # Whether or not the runtime's name for it says that it is a slice.
    for told in ask(library, {"devices": [[SLICE, "0000:01:00.0"], [NAME, "0000:01:00.0"], [NAME, None]]}, tmp_path):
        assert told == {"covers": {"nvml:0": "the device and more"}, "joules": [], "probes": 0}
    (unplaced,) = ask(library, {"devices": [[SLICE, None]]}, tmp_path)
    assert unplaced == {"covers": {"nvml:0": "unknown"}, "joules": [], "probes": 0}


def test_a_slice_is_no_card_where_the_driver_does_not_tell_of_slices(whole: Path, tmp_path: Path) -> None:
    told = ask(whole, {"devices": [[SLICE, "0000:01:00.0"], [SLICE, None]]}, tmp_path)
    assert [one["covers"]["nvml:0"] for one in told] == ["the device and more", "unknown"]
    assert [one["probes"] for one in told] == [0, 0]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (4, "this user may not ask the NVIDIA driver"),
        (9, "the NVIDIA driver is installed but not loaded"),
        (18, "the loaded NVIDIA driver and its library are of different versions"),
    ],
    ids=["no permission", "not loaded", "versions"],
)
def test_a_driver_that_does_not_start_says_why_and_what_helps(code: int, reason: str, tmp_path: Path) -> None:
    answer = play(build(tmp_path / "library", having=(f"INIT={code}",)), STEADY, tmp_path)
    assert (answer["id"], answer["reason"]) == ("nvml", reason)
    assert answer["remedy"]


@pytest.mark.parametrize("refusal", [3, 4], ids=["not supported", "no permission"])
def test_a_card_that_refuses_each_call_has_no_meter_but_a_reason(refusal: int, whole: Path, tmp_path: Path) -> None:
    answer = play(whole, [[at_s, energy, power, refusal] for at_s, energy, power, _ in STEADY], tmp_path)
    assert answer["reason"].startswith("NVIDIA Fake 9000 tells neither joules nor watts (")


def test_a_card_that_does_not_answer_hides_no_other(tmp_path: Path) -> None:
    library = build(tmp_path / "two", having=("CARDS=2", "NO_FIRST"))
    (told,) = ask(library, {"devices": [[NAME, "0000:02:00.0"]]}, tmp_path)
    assert told == {"covers": {"nvml:1": "the device"}, "joules": [1005.0], "probes": 1}
