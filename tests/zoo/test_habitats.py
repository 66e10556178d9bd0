"""Which habitats there are, what each is made of, and what the page makes of them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from ..kernels.conformance import CHECKS
from . import __main__ as command_line
from . import foreign
from .habitats import INTEL_PINNED, Habitat, broken_runtimes, habitats, system_runtimes
from .homes import TREE, Base, Home, NotMade, _variables, call, write_launcher
from .living import DeviceOutcome, Outcome
from .table import Facts, cell_text, describe_machine, page, rows

FACTS = Facts("2026-01-02", "1.2.3", "a machine")


def test_names_are_unique_and_whoever_cannot_be_tried_says_why(tmp_path: Path) -> None:
    places = habitats(tmp_path)
    assert len({place.name for place in places}) == len(places) >= 20
    assert next(place for place in places if place.name == "system-pocl").missing == (
        "not installed (Debian: `apt install pocl-opencl-icd`)"
    )


def test_every_runtime_of_the_system_is_a_habitat_also_an_unknown_one(tmp_path: Path) -> None:
    for name in ("rusticl.icd", "nvidia.icd"):
        (tmp_path / name).write_text(f"lib{name}.so\n")
    places = {place.name: place for place in system_runtimes(tmp_path) if not place.missing}
    assert list(places) == ["system-rusticl", "system-rusticl-off", "system-nvidia"]
    assert places["system-rusticl"].environment == {"RUSTICL_ENABLE": "llvmpipe"}
    assert places["system-rusticl-off"].environment == {}
    assert places["system-nvidia"].vendors == {"nvidia.icd": b"libnvidia.icd.so\n"}


def test_what_is_left_out_of_a_suite_is_in_it() -> None:
    checks = [check.__name__ for check in CHECKS]
    for place in habitats():
        for part in filter(None, place.leave_out.split(" or ")):
            assert any(part in check for check in checks), part


def test_the_pinned_runtime_is_the_extra_s() -> None:
    extras = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {need.partition(";")[0] for need in extras["intel"]} == set(INTEL_PINNED)


def test_a_habitat_sees_its_own_runtimes_and_nothing_that_its_keeper_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OCL_ICD_VENDORS", "POCL_DEVICES", "PYTHONPATH", "HASHWATT_DEBUG"):
        monkeypatch.setenv(name, "the keeper's")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libit.so").touch()
    files: dict[str, bytes | str] = {"a-broken.icd": b"\0", "it.icd": "lib/lib*.so"}
    variables = _variables(Habitat("one", "one", vendors=files, environment={"SWITCH": "on"}), tmp_path)
    assert "the keeper's" not in variables.values()
    assert variables["SWITCH"] == "on"
    vendors = Path(variables["OCL_ICD_VENDORS"])
    assert {path.name: path.read_bytes() for path in vendors.iterdir()} == {
        "a-broken.icd": b"\0",
        "it.icd": f"{tmp_path}/lib/libit.so\n".encode(),
    }
    assert "OCL_ICD_VENDORS" not in _variables(Habitat("two", "two", vendors=None), tmp_path)
    assert _variables(Habitat("three", "three", vendors="/nowhere"), tmp_path)["OCL_ICD_VENDORS"] == "/nowhere"


def test_a_runtime_that_brought_no_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotMade, match=r"brought no lib/libit\.so"):
        _variables(Habitat("one", "one", vendors={"it.icd": "lib/libit.so"}), tmp_path)


def test_what_cannot_be_installed_is_told_with_its_last_words() -> None:
    with pytest.raises(NotMade, match=r"ended with 3: no matching distribution"):
        call([sys.executable, "-c", "import sys; print('no matching distribution', file=sys.stderr); sys.exit(3)"])
    with pytest.raises(NotMade, match="no-such-program"):
        call(["no-such-program"])


@pytest.mark.skipif(sys.platform == "win32", reason="the launcher is a script as POSIX has them")
def test_under_an_emulator_python_is_a_script_that_names_itself(tmp_path: Path) -> None:
    emulator = tmp_path / "emulator"
    emulator.write_text('#!/bin/sh\nfor argument; do echo "<$argument>"; done\n')
    emulator.chmod(0o755)
    python = tmp_path / "a folder" / "python"
    python.parent.mkdir()
    write_launcher(python, [str(emulator), "-cpu", "Nehalem"], Path("/usr/bin/python3"))
    said = subprocess.run([python, "-c", "print(1, 2)"], capture_output=True, text=True, check=True).stdout
    assert said.split("\n")[:-1] == [
        f"<{part}>" for part in ("-cpu", "Nehalem", "-0", python, "/usr/bin/python3", "-c", "print(1, 2)")
    ]


def outcome(**device: object) -> Outcome:
    values = {"id": "opencl:0", "name": "a device", "scan": "right", "suite": "23 passed", **device}
    return Outcome("one", "one", run="exit 0 in 9 s", devices=[DeviceOutcome(**values)], seconds=12.4)  # type: ignore[arg-type]


def test_the_page_has_a_row_for_each_device_reason_and_habitat_that_was_not_tried() -> None:
    both = outcome(rate_hs=65.43e6, kernel="opencl-x16")
    both.reasons.append("the platform rusticl shows no device")
    lines = page([both, Outcome("two", "two", not_tried="no QEMU here")], FACTS).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert "*2026-01-02, hashwatt 1.2.3, a machine.*" in "\n".join(lines)
    assert len(table) == 2 + 3
    assert "65.43 MH/s, opencl-x16" in table[2]
    assert "rusticl shows no device" in table[3]
    assert "not tried: no QEMU here" in table[4]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1


def test_what_a_driver_calls_itself_can_neither_end_a_cell_nor_become_markup() -> None:
    evil = outcome(name="<script>|x|\n| new row `*", run="failed: " + "y" * 10_000)
    (row,) = (line for line in page([evil], FACTS).splitlines() if "script" in line)
    assert "\\<script\\>\\|x\\| \\| new row" in row
    assert len(row) < 1_000


def test_the_page_tells_below_the_table_what_failed_checks_said() -> None:
    failing = outcome(suite="2 passed, 1 FAILED (names_it)")
    failing.failures.append("opencl:0-names_it: no kernel works <here>")
    assert page([failing], FACTS).splitlines()[-3:] == [
        "What failed checks said:",
        "",
        "- one, opencl:0-names_it: no kernel works \\<here\\>",
    ]
    assert "failed checks" not in page([outcome()], FACTS)


def test_a_habitat_with_nothing_to_tell_still_has_a_row() -> None:
    ((*_, device, what, _, _, _, seconds),) = rows(Outcome("one", "one", run="exit 1 in 2 s", seconds=2.0))
    assert (device, what, seconds) == ("–", "no device and no reason", "2")


def test_the_machine_is_named_with_what_tells_processors_apart(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\ncpu family : 26\nmodel : 2\nmodel name : AMD EPYC\n\nprocessor : 1\nmodel : 9\n")
    assert describe_machine(cpuinfo).startswith("AMD EPYC (family 26, model 2), ")
    assert describe_machine(tmp_path / "none")


class FakeKeeper:
    """Stands in for what takes minutes: wheels, environments, life."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome | NotMade) -> None:
        self._outcomes = list(outcomes)
        monkeypatch.setattr(command_line, "build_wheel", lambda folder: folder / "hashwatt-1.2.3-py3-none-any.whl")
        monkeypatch.setattr(command_line, "make_base", lambda folder, wheel: Base(folder, wheel))
        monkeypatch.setattr(command_line, "make_home", lambda place, base, folder: Home(folder, {}, folder))
        monkeypatch.setattr(command_line, "live", self.live)

    def live(self, place: Habitat, home: Home) -> Outcome:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, NotMade):
            raise outcome
        return outcome


def visit(output: Path) -> int:
    return command_line.visit([Habitat("one", "one"), Habitat("two", "two")], output.parent, output)


def test_a_habitat_that_cannot_be_made_is_a_row_and_the_next_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeKeeper(monkeypatch, NotMade("pip ended with 1: no such version"), outcome())
    assert visit(tmp_path / "zoo.md") == 0
    written = (tmp_path / "zoo.md").read_text(encoding="utf-8")
    assert "not tried: pip ended with 1: no such version" in written
    assert "23 passed" in written


def test_what_was_tried_is_written_although_the_next_ends_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeKeeper(monkeypatch, outcome())
    with pytest.raises(IndexError):
        visit(tmp_path / "zoo.md")
    assert "23 passed" in (tmp_path / "zoo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("fault", [{"scan": "WRONG"}, {"suite": "22 passed, 1 FAILED (names_it)"}])
def test_a_wrong_answer_anywhere_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: dict[str, str]
) -> None:
    FakeKeeper(monkeypatch, outcome(**fault), outcome())
    assert visit(tmp_path / "zoo.md") == 1


def test_the_list_names_them_all(tmp_path: Path) -> None:
    (tmp_path / "another.icd").touch()
    command = [sys.executable, "-m", "tests.zoo", "--list", "--vendors", str(tmp_path)]
    ended = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=True)
    assert all(place.name in ended.stdout for place in broken_runtimes())
    assert "system-another" in ended.stdout


def test_a_name_that_no_habitat_has_is_bad_input() -> None:
    command = [sys.executable, "-m", "tests.zoo", "atlantis"]
    ended = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, "no habitat is called atlantis; see --list\n")


def test_the_page_does_not_say_where_the_zoo_stood() -> None:
    told = "OCL_ICD_VENDORS=/tmp/hashwatt-zoo-upzdftxm/none/vendors shows no OpenCL runtime"
    assert cell_text(told) == "OCL_ICD_VENDORS=…/none/vendors shows no OpenCL runtime"
    assert cell_text("/tmp/hashwatt-zoo-a1/x/y.icd: names no library") == "…/x/y.icd: names no library"


def test_what_a_wheel_needs_on_an_aarch64_is_told_by_that_kind_of_processor(tmp_path: Path) -> None:
    wheel = tmp_path / "a-1-py3-none-any.whl"
    told = (
        "Name: a\nRequires-Dist: numba>=0.62\nRequires-Dist: pocl; platform_machine == 'x86_64'\n"
        "Requires-Dist: neon; platform_machine == 'aarch64'\nRequires-Dist: more; extra == 'x'\n"
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a-1.dist-info/METADATA", told)
    assert foreign.needs(wheel, "3.11") == ["numba>=0.62", "neon"]
    options = foreign.platforms("3.11")
    assert "--only-binary=:all:" in options
    assert {"manylinux2014_aarch64", "manylinux_2_17_aarch64", "manylinux_2_28_aarch64"} <= set(options)
