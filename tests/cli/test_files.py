"""Nothing that was measured is written over, and one broken file does not hide the others."""

from __future__ import annotations

import codecs
import os
import shutil
import threading
from pathlib import Path

import msgspec
import pytest

from hashwatt.bench import api
from hashwatt.bench.result.file import is_result, load, save
from hashwatt.bench.result.model import Result
from hashwatt.cli.commands import run as run_command
from hashwatt.kernels.errors import InputError
from hashwatt.kernels.system.own_files import NotAFile, read_regular
from tests.reports.factory import result, verified

from .terminal import run_here

Capture = pytest.CaptureFixture[str]
posix_only = pytest.mark.skipif(os.name != "posix", reason="links and pipes as POSIX has them")


@pytest.fixture(scope="session")
def one() -> Result:
    return result(verified())


@pytest.fixture
def measured(tmp_path: Path, one: Result) -> Path:
    path = tmp_path / "measured.json"
    save(one, path)
    return path


class TestReportsOutput:
    """What `-o` of `report` and `ladder` may not touch."""

    @pytest.mark.parametrize("command", ["report", "ladder"])
    @pytest.mark.parametrize("way", ["same", "spelling", "symlink", "hardlink", "folder", "inside"])
    def test_an_input_is_never_the_output(
        self, command: str, way: str, measured: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        before = measured.read_bytes()
        given, target = measured, measured
        if way == "spelling":
            target = tmp_path / "." / ".." / tmp_path.name / "measured.json"
        elif way in ("symlink", "hardlink"):
            if os.name != "posix":
                pytest.skip("links as POSIX has them")
            target = tmp_path / "other.json"
            target.symlink_to(measured) if way == "symlink" else os.link(measured, target)
        elif way == "folder":
            given = tmp_path
        elif way == "inside":
            given = tmp_path / ".." / tmp_path.name
        outcome = run_here(capsys, command, str(given), "-o", f"{target}")
        assert outcome.code == 2
        assert "is one of the inputs; write to another name" in outcome.err
        assert measured.read_bytes() == before

    def test_another_measurement_is_not_written_over_either(
        self, measured: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        other = tmp_path / "other" / "r.json"
        other.parent.mkdir()
        shutil.copy(measured, other)
        outcome = run_here(capsys, "report", str(measured), "-o", str(other))
        assert outcome.code == 2
        assert "holds a measurement" in outcome.err
        assert is_result(other)

    def test_an_earlier_report_is_written_over_as_before(self, measured: Path, tmp_path: Path, capsys: Capture) -> None:
        for name in ("x.md", "x.json"):
            (tmp_path / "out").mkdir(exist_ok=True)
            for _ in range(2):
                assert run_here(capsys, "report", str(measured), "-o", str(tmp_path / "out" / name)).code == 0


class TestRunOutput:
    """`run -o` measures for minutes and must not then destroy something."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch, one: Result) -> None:
        self.runs = 0

        def run(*_: object, **__: object) -> Result:
            self.runs += 1
            return one

        monkeypatch.setattr(api, "run", run)

    @pytest.mark.parametrize("content", [b"", b"a letter", b'{"schema_version": 1}'])
    def test_an_existing_file_is_refused_before_measuring(
        self, content: bytes, tmp_path: Path, capsys: Capture
    ) -> None:
        path = tmp_path / "r.json"
        path.write_bytes(content)
        outcome = run_here(capsys, "run", "-q", "-o", str(path))
        assert (outcome.code, self.runs) == (2, 0)
        assert "exists already; choose another name, or write over it with --force" in outcome.err
        assert path.read_bytes() == content

    @pytest.mark.parametrize("name", ["", "  "])
    def test_an_empty_name_is_no_name(self, name: str, capsys: Capture) -> None:
        assert run_here(capsys, "snapshot", "-o", name).code == 2
        outcome = run_here(capsys, "run", "-q", "-o", name)
        assert (outcome.code, self.runs) == (2, 0)
        assert "-o needs the name of a file, not an empty one" in outcome.err

    def test_force_writes_over_it(self, measured: Path, one: Result, capsys: Capture) -> None:
        measured.write_bytes(b"old")
        assert run_here(capsys, "run", "-q", "-o", str(measured), "--force").code == 0
        assert load(measured) == one

    def test_force_does_not_write_over_what_a_meter_is_read_from(self, tmp_path: Path, capsys: Capture) -> None:
        power = tmp_path / "power.txt"
        power.write_text("61.5 W")
        outcome = run_here(capsys, "run", "-q", "-o", str(power), "--force", "--meter", f"file+wall:{power}")
        assert (outcome.code, self.runs) == (2, 0)
        assert power.read_text() == "61.5 W"

    def test_a_file_that_came_while_measuring_stays_and_the_result_is_beside_it(
        self, tmp_path: Path, one: Result, monkeypatch: pytest.MonkeyPatch, capsys: Capture
    ) -> None:
        path = tmp_path / "r.json"

        def run(*_: object, **__: object) -> Result:
            path.write_text("somebody's")
            return one

        monkeypatch.setattr(api, "run", run)
        outcome = run_here(capsys, "run", "-q", "-o", str(path))
        assert path.read_text() == "somebody's"
        assert load(outcome.out.strip()) == one

    def test_without_a_temporary_folder_the_rescue_is_the_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def none() -> str:
            raise FileNotFoundError(2, "No usable temporary directory found")

        monkeypatch.setattr("tempfile.gettempdir", none)
        assert run_command.rescue_folders()[0] == Path.home()


class TestFolders:
    """A folder holds what it holds."""

    @pytest.fixture
    def mixed(self, measured: Path, tmp_path: Path) -> Path:
        (tmp_path / "._measured.json").write_bytes(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
        (tmp_path / "empty.json").write_bytes(b"")
        (tmp_path / "letter.json").write_text("Dear Ana")
        (tmp_path / "machine.json").mkdir()
        if os.name == "posix":
            os.mkfifo(tmp_path / "pipe.json")
            (tmp_path / "gone.json").symlink_to("nowhere")
        return tmp_path

    @pytest.mark.parametrize("command", ["report", "ladder", "claims", "history"])
    def test_broken_files_are_named_and_the_rest_is_shown(self, command: str, mixed: Path, capsys: Capture) -> None:
        outcome = run_here(capsys, command, str(mixed))
        assert outcome.code == 0
        told = outcome.out.replace("\n", "") + outcome.err
        for name in ("._measured", "empty", "letter", "machine"):
            assert f"{name}.json" in told
        if command in ("report", "history"):
            assert "Test CPU" in outcome.out

    @pytest.mark.parametrize("command", ["report", "ladder", "claims", "history"])
    def test_nothing_but_broken_files_is_an_error(self, command: str, mixed: Path, capsys: Capture) -> None:
        (mixed / "measured.json").unlink()
        outcome = run_here(capsys, command, str(mixed))
        assert outcome.code == 2
        assert outcome.err.count("\n") == 1

    def test_a_name_that_leads_nowhere_is_a_slip_and_an_error(
        self, measured: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        outcome = run_here(capsys, "report", str(measured), str(tmp_path / "mesured.json"))
        assert outcome.code == 2
        assert "mesured.json does not exist" in outcome.err

    @pytest.mark.parametrize("command", ["report", "ladder", "claims", "history"])
    def test_results_in_folders_within_and_with_capital_endings_are_found(
        self, command: str, one: Result, tmp_path: Path, capsys: Capture
    ) -> None:
        deep = tmp_path / "2025" / "may" / "results.json"
        deep.mkdir(parents=True)
        save(one, deep / "R0.JSON")
        outcome = run_here(capsys, command, str(tmp_path))
        assert outcome.code == 0
        assert "left out" not in outcome.err
        if command in ("report", "history"):
            assert "Test CPU" in outcome.out

    def test_hidden_folders_are_other_programs(self, measured: Path, tmp_path: Path, capsys: Capture) -> None:
        (tmp_path / ".cache").mkdir()
        (tmp_path / ".cache" / "x.json").write_text("no result")
        outcome = run_here(capsys, "report", str(tmp_path))
        assert (outcome.code, "x.json" in outcome.out + outcome.err) == (0, False)

    @posix_only
    def test_links_to_folders_are_not_followed_wherever_they_lead(
        self, measured: Path, tmp_path: Path, capsys: Capture
    ) -> None:
        inner = tmp_path / "inner"
        inner.mkdir()
        shutil.move(measured, inner / "r.json")
        (inner / "up").symlink_to(tmp_path)
        (inner / "disk").symlink_to("/")
        (tmp_path / "again").symlink_to(inner)
        (tmp_path / "self").symlink_to("self")
        (tmp_path / "self.json").symlink_to("self.json")
        outcome = run_here(capsys, "history", str(tmp_path))
        assert outcome.code == 0
        assert outcome.out.count("2025-05-12T10:15:00Z") == 1
        assert "self.json" in outcome.err

    def test_a_folder_within_that_cannot_be_looked_into_is_named_and_the_rest_is_shown(
        self, measured: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = tmp_path / "closed"
        closed.mkdir()
        real = os.scandir

        def scandir(folder: Path) -> object:
            if Path(folder) == closed:
                raise PermissionError(13, "Permission denied")
            return real(folder)

        monkeypatch.setattr(os, "scandir", scandir)
        outcome = run_here(capsys, "history", str(tmp_path))
        assert outcome.code == 0
        assert "closed cannot be looked into (Permission denied)" in outcome.err
        assert "Test CPU" in outcome.out

    def test_a_file_that_may_not_be_read_is_named_with_that_reason(
        self, measured: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = tmp_path / "closed.json"
        shutil.copy(measured, closed)
        real = os.open

        def opened(path: str | Path, *rest: int) -> int:
            if Path(path) == closed:
                raise PermissionError(13, "Permission denied")
            return real(path, *rest)

        monkeypatch.setattr(os, "open", opened)
        outcome = run_here(capsys, "history", str(tmp_path))
        assert outcome.code == 0
        assert "closed.json cannot be read (Permission denied)" in outcome.err

    @pytest.mark.parametrize("bound", ["MOST_FILES", "MOST_FOLDERS"])
    def test_the_root_of_a_disk_is_not_read_to_its_end(
        self, bound: str, measured: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"hashwatt.reports.collect.files.{bound}", 2)
        for number in range(4):
            (tmp_path / f"f{number}").mkdir()
            (tmp_path / f"f{number}" / "x.json").write_text("{}")
        outcome = run_here(capsys, "report", str(tmp_path))
        assert outcome.code == 2
        assert "holds over 2 " in outcome.err
        assert outcome.err.count("\n") == 1

    @pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
    def test_a_byte_order_mark_is_no_fault(self, mark: bytes, measured: Path, one: Result) -> None:
        text = measured.read_text(encoding="utf-8")
        encoding = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
        measured.write_bytes(mark + text.encode(encoding[mark]))
        assert load(measured) == one

    @pytest.mark.parametrize("command", ["report", "verify", "compare"])
    def test_the_document_that_run_prints_is_read(
        self, command: str, one: Result, tmp_path: Path, capsys: Capture
    ) -> None:
        path = tmp_path / "printed.json"
        document = {"file": "x.json", "verdict": api.verify(one), "result": one}
        path.write_bytes(msgspec.json.encode(document))
        assert load(path) == one
        again = [str(path)] if command == "compare" else []
        assert run_here(capsys, command, str(path), *again).code == 0


@posix_only
def test_a_file_swapped_for_a_pipe_before_it_is_opened_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.json"
    path.write_text("{}")
    real_open = os.open

    def swapped(name: str | Path, flags: int, *rest: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real_open(name, flags, *rest)

    answers: list[BaseException] = []

    def read() -> None:
        try:
            load(path)
        except InputError as error:
            answers.append(error)

    monkeypatch.setattr(os, "open", swapped)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(60)
    assert answers, "still waiting for somebody to write"
    assert "is not a file" in str(answers[0])


@posix_only
@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty", "/", "/proc/self/fd"])
def test_devices_and_folders_are_no_files(path: str) -> None:
    if not os.path.exists(path):
        pytest.skip("not on this system")
    with pytest.raises(NotAFile):
        read_regular(path, 100)


@posix_only
def test_a_file_of_the_kernel_s_without_a_size_is_read_within_its_bound(tmp_path: Path) -> None:
    if not os.path.exists("/proc/kallsyms"):
        pytest.skip("not on this system")
    assert len(read_regular("/proc/kallsyms", 100)) <= 101
