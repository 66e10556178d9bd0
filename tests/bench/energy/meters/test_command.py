from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from pathlib import Path

import pytest

from hashwatt.bench.energy.meter import MeterError
from hashwatt.bench.energy.meters import command
from hashwatt.bench.energy.meters.registry import named
from hashwatt.kernels.errors import InputError


def python_command(code: str) -> command.Command:
    return command.Command([sys.executable, "-c", code], sys.executable)


def python(code: str) -> str:
    return f"exec:{shlex.join([sys.executable, '-c', code])}"


@pytest.mark.parametrize(
    ("line", "value", "step", "is_energy"),
    [
        ("61.5 W", 61.5, 0.1, False),
        ("61 W", 61.0, 1.0, False),
        ("1.5kW\n", 1500.0, 100.0, False),
        ("250 mW", 0.25, 1e-3, False),
        ("1234.50 J", 1234.5, 0.01, True),
        ("0.001 kWh", 3600.0, 3600.0, True),
        ("12 Wh", 43_200.0, 3600.0, True),
        ("1e3 J", 1000.0, 1.0, True),
    ],
)
def test_a_line_with_a_number_and_a_unit_is_understood(line: str, value: float, step: float, is_energy: bool) -> None:
    figure = command.parse_line(line, "it")
    assert figure.value == pytest.approx(value)
    assert figure.step == pytest.approx(step)
    assert figure.is_energy is is_energy


@pytest.mark.parametrize(
    "line",
    ["", "61.5", "W", "nan W", "inf W", "-3 W", "1e99 W", "61,5 W", "61.5 BTU", "1 W\n2 W", "1 W 2", "٣ W", "0x10 W"],
)
def test_any_other_line_is_refused(line: str) -> None:
    with pytest.raises(MeterError):
        command.parse_line(line, "it")


def test_a_command_that_prints_watts_is_a_meter() -> None:
    found = named(python("print('61.5 W')"))
    assert found is not None
    reading = found.open().read()
    assert reading.power_w == 61.5
    # What the command itself cost is part of what measuring costs.
    assert reading.child_cpu_s > 0
    assert found.info.scope is None


def test_a_command_s_arguments_are_not_kept() -> None:
    found = named(python("password = 'secret'; print('61.5 W')"))
    assert found is not None
    assert "secret" not in f"{found.info.id} {found.info.name}"
    assert found.info.id.startswith("exec:python")


def test_a_scope_can_be_stated() -> None:
    found = named(python("print('61.5 W')").replace("exec:", "exec+wall:"))
    assert found is not None
    assert found.info.scope == "wall"


def test_an_unknown_scope_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="the scopes are part, memory, chip"):
        named("exec+moon:true")


def test_a_command_is_not_given_to_a_shell(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        named(f"exec:echo 61.5 W; touch {tmp_path}/made")
    with pytest.raises(InputError):
        named(f"exec:echo $(touch {tmp_path}/made)")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "   ", "'unclosed"])
def test_no_command_is_bad_input(text: str) -> None:
    with pytest.raises(InputError):
        named(f"exec:{text}")


def test_a_command_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(InputError, match="cannot be started"):
        named("exec:/no/such/command")


def test_a_command_that_fails_is_bad_input() -> None:
    with pytest.raises(InputError, match="exit code 3; run it by hand"):
        named(python("raise SystemExit(3)"))


def test_a_command_that_does_not_end_is_stopped() -> None:
    started = time.monotonic()
    with pytest.raises(MeterError, match="did not end within"):
        command.run(python_command("import time; time.sleep(60)"), 0.5, 4096)
    assert time.monotonic() - started < 30


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")
def test_what_a_command_has_started_is_stopped_with_it() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
    started = time.monotonic()
    with pytest.raises(MeterError, match="did not end within"):
        command.run(python_command(code), 1.0, 4096)
    assert time.monotonic() - started < 30


BACKGROUND = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{}']{}); print('61.5 W')"
SLEEPS = "import time; time.sleep(60)"


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")
@pytest.mark.parametrize("group", ["", ", start_new_session=True"], ids=["in its group", "in a group of its own"])
def test_a_child_in_the_background_that_holds_the_pipe_is_not_waited_for(group: str) -> None:
    started = time.monotonic()
    text, _ = command.run(python_command(BACKGROUND.format(SLEEPS, group)), 20.0, 4096)
    assert text == "61.5 W\n"
    assert time.monotonic() - started < 10
    assert not [thread for thread in threading.enumerate() if thread.name == "meter command"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_child_in_the_background_does_not_outlive_the_reading(tmp_path: Path) -> None:
    code = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); "
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid)); print('61.5 W')"
    )
    command.run(python_command(code), 60.0, 4096)
    child = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 30
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_command_that_prints_without_end_is_stopped() -> None:
    with pytest.raises(MeterError, match="more than 4096 bytes"):
        command.run(python_command("while True: print('61.5 W')"), 5.0, 4096)


def test_a_meter_that_changes_its_mind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    path.write_text("61.5 W\n")
    found = named(f"file:{path}")
    assert found is not None
    meter = found.open()
    assert meter.read().power_w == 61.5
    path.write_text("61.5 J\n")
    with pytest.raises(MeterError, match="changed between joules and watts"):
        meter.read()


def test_a_file_s_joules_are_a_counter(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    path.write_text("12.5 kJ\n")
    found = named(f"file+wall:{path}")
    assert found is not None
    assert found.open().read().counters_j == (12_500.0,)
    assert found.info.counters[0].step_j == pytest.approx(100.0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes among its files")
def test_a_named_pipe_is_bad_input(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no regular file"):
        named(f"file:{tmp_path / 'pipe'}")


def test_files_that_are_none_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("1" * 10_000)
    for name, reason in {"missing": "cannot be read", "long": "more than 4096"}.items():
        with pytest.raises(InputError, match=reason):
            named(f"file:{tmp_path / name}")
    with pytest.raises(InputError, match="no regular file"):
        named(f"file:{tmp_path}")


def test_a_file_that_is_no_longer_written_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "meter"
    path.write_text("61.5 W\n")
    found = named(f"file:{path}")
    assert found is not None
    meter = found.open()
    assert meter.read().power_w == 61.5
    three_hours_ago = time.time() - 3 * 3600
    os.utime(path, (three_hours_ago, three_hours_ago))
    with pytest.raises(MeterError, match=r"was not written since 20\d\d-"):
        meter.read()
    with pytest.raises(InputError, match="was not written since"):
        named(f"file:{path}")


@pytest.mark.skipif(not Path("/proc/uptime").exists(), reason="reads /proc")
def test_a_file_that_the_kernel_makes_when_it_is_read_is_fresh() -> None:
    text, _ = command.read_file("/proc/uptime")
    assert text
