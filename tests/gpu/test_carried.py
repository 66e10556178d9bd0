"""What is carried to a machine without a network is what it lacks, and is found there without anything installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .carried import Carried, Wheel, here, least_versions, unpack, wheels_in
from .wheels import SMALL_NVRTC, command, leave_out, name_of, requirements

OWN = f"cp{sys.version_info[0]}{sys.version_info[1]}"


def wheel(folder: Path, name: str, tags: str, files: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{tags}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return path


@pytest.mark.parametrize(
    ("tags", "fits"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64", True),
        ("cp311-cp311-manylinux_2_28_x86_64", False),
        ("cp36-abi3-manylinux2010_x86_64", True),
        ("cp313-abi3-manylinux_2_28_x86_64", False),
        ("cp312-cp312-manylinux_2_28_aarch64", False),
        ("cp312-cp312t-manylinux_2_28_x86_64", False),
        ("py3-none-manylinux2014_x86_64", True),
    ],
)
def test_a_wheel_fits_the_pythons_that_its_name_says(tags: str, fits: bool) -> None:
    pythons, abis, platforms = (part.split(".") for part in tags.split("-"))
    found = Wheel(Path("a"), "a", tuple(pythons), tuple(abis), tuple(platforms))
    assert found.fits((3, 12), "x86_64") is fits


def test_what_the_machine_lacks_is_unpacked_and_imported_and_what_it_has_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    wheel(folder, "not_here-1.0", "py3-none-any", {"not_here.py": "ANSWER = 42", "not_here-1.0.data/scripts/x": "x"})
    wheel(folder, "other-1.0", "cp39-cp39-manylinux_2_28_x86_64", {"other.py": ""})
    wheel(folder, "pytest-99.0", "py3-none-any", {"pytest.py": "raise SystemExit"})
    wheel(folder, "cuda_core-1.0", "py3-none-any", {"cuda/core/__init__.py": "", "nvidia/cuda_nvrtc/lib/x.so": ""})
    carried = unpack(folder, tmp_path / "there")
    assert [name.partition("-")[0] for name in carried.unpacked] == ["not_here"]
    assert not (tmp_path / "there" / "nvidia").exists(), "what may not be needed costs no time"
    assert carried.nvidia_environment({})["LD_LIBRARY_PATH"].endswith("nvidia/cuda_nvrtc/lib")
    assert {path.name for path in carried.lacking.iterdir() if path.suffix == ".py"} == {"not_here.py"}
    asks = "import not_here; from importlib.metadata import version; print(not_here.ANSWER, version('hashwatt'))"
    environment = {"PYTHONPATH": str(carried.lacking)}
    told = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split()[0] == "42"
    assert unpack(folder, tmp_path / "there").unpacked == carried.unpacked, "a second time does no harm"


def test_nvidias_packages_come_first_with_their_libraries(tmp_path: Path) -> None:
    (tmp_path / "nvidia" / "nvidia" / "cuda_nvrtc" / "lib").mkdir(parents=True)
    carried = Carried(tmp_path / "lacking", tmp_path / "nvidia", ())
    assert carried.nvidia_environment({"PYTHONPATH": "/a", "LD_LIBRARY_PATH": "/b"}) == {
        "PYTHONPATH": f"{tmp_path}/nvidia:/a",
        "LD_LIBRARY_PATH": f"{tmp_path}/nvidia/nvidia/cuda_nvrtc/lib:/b",
    }


def test_a_wheel_that_reaches_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    wheel(tmp_path, "evil-1.0", "py3-none-any", {"../../outside.py": ""})
    with pytest.raises(ValueError, match="outside of itself"):
        unpack(tmp_path, tmp_path / "there")


def test_a_package_that_is_too_old_counts_as_lacking() -> None:
    assert here("pytest", "1.0")
    assert not here("pytest", "999")
    assert not here("surely-not-installed", "0")
    assert least_versions()["click"] == "8.2"


def test_wheels_are_collected_for_cuda_and_the_other_machines_python() -> None:
    asked = command(Path("wheels"), "3.12", "x86_64", small=True)
    assert {"--python-version=3.12", "--platform=manylinux_2_28_x86_64", SMALL_NVRTC} <= set(asked)
    assert any(one.startswith("cuda-core") for one in requirements())
    assert not any(one.startswith("pocl") for one in requirements())
    assert SMALL_NVRTC not in requirements()
    assert {"pytest", "hypothesis"} <= set(requirements()), "what the conformance suite imports"
    assert name_of("cuda-core[cu12]>=1.0; sys_platform == 'linux'") == "cuda-core"
    assert name_of("Jinja2==3.1.6\n") == "jinja2"


def test_what_the_machine_has_is_not_carried_but_for_nvidias_own(tmp_path: Path) -> None:
    for name in ("numpy-2.0", "msgspec-0.22", "cuda_core-1.2", "nvidia_nvjitlink_cu12-12.9"):
        wheel(tmp_path, name, "py3-none-any", {})
    assert leave_out(tmp_path, ["numpy==2.5.2", "cuda-core==0.3", "torch==2.11"]) == ["numpy", "nvidia-nvjitlink-cu12"]
    assert [one.name for one in wheels_in(tmp_path)] == ["cuda-core", "msgspec"]
