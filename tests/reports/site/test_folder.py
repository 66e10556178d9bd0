"""A site's folder: what hashwatt did not write there is neither changed nor removed, whatever its list says."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from hashwatt.kernels.errors import InputError
from hashwatt.reports.site.folder import MANIFEST, Folder, Written

INDEX = "index.html"


def write(target: Path, **files: str) -> Written:
    """A site of these files, whose names have `__` for a slash and `_` for a dot."""
    named = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()}
    digests = {name: sha256(content).hexdigest() for name, content in named.items()}
    folder, done = Folder(target), Written()
    folder.begin(digests)
    for name, content in named.items():
        folder.write(name, content, done)
    folder.end(digests, done)
    return done


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    write(tmp_path / "a" / "site", index_html="x", raw__a_json="1")
    assert (tmp_path / "a" / "site" / "raw" / "a.json").read_text() == "1"


def test_only_what_changed_is_written_and_what_is_gone_is_removed(tmp_path: Path) -> None:
    write(tmp_path, index_html="x", raw__a_json="1", raw__b_json="2")
    kept = (tmp_path / "raw" / "a.json").stat()
    done = write(tmp_path, index_html="y", raw__a_json="1")
    assert (done.written, done.unchanged, done.removed, done.left) == ([INDEX], ["raw/a.json"], ["raw/b.json"], [])
    assert (tmp_path / "raw" / "a.json").stat().st_ino == kept.st_ino
    assert not (tmp_path / "raw" / "b.json").exists()


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds files that are no site of hashwatt \(thesis.txt\)"):
        Folder(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_what_servers_of_pages_keep_there_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "CNAME").write_text("example.org")
    (tmp_path / ".git").mkdir()
    write(tmp_path, index_html="x")
    assert (tmp_path / "CNAME").read_text() == "example.org"


def test_a_file_of_somebody_else_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path, index_html="x")
    (tmp_path / "raw" / "a.json").write_text("mine")
    with pytest.raises(InputError, match=r"raw/a.json was not written by hashwatt"):
        write(tmp_path, index_html="y", raw__a_json="1")
    assert (tmp_path / "raw" / "a.json").read_text() == "mine"
    assert (tmp_path / INDEX).read_text() == "x"


def test_what_somebody_changed_is_theirs(tmp_path: Path) -> None:
    write(tmp_path, index_html="x", raw__a_json="1")
    (tmp_path / INDEX).write_text("edited")
    with pytest.raises(InputError, match="was changed since hashwatt wrote it"):
        write(tmp_path, index_html="y")
    (tmp_path / INDEX).write_text("x")
    (tmp_path / "raw" / "a.json").write_text("edited")
    assert write(tmp_path, index_html="y").left == ["raw/a.json"]
    assert (tmp_path / "raw" / "a.json").read_text() == "edited"


def test_a_run_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    target = tmp_path / "site"
    digests = {INDEX: sha256(b"x").hexdigest(), "raw/a.json": sha256(b"1").hexdigest()}
    folder = Folder(target)
    folder.begin(digests)
    folder.write("raw/a.json", b"1", Written())
    done = write(target, index_html="y", raw__b_json="2")
    assert done.removed == ["raw/a.json"]
    assert sorted(os.listdir(target / "raw")) == ["b.json"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
class TestLinks:
    """Nothing is written or removed through a link."""

    def test_a_folder_within_that_is_a_link_is_refused(self, tmp_path: Path) -> None:
        site, other = tmp_path / "site", tmp_path / "other"
        other.mkdir()
        write(site, index_html="x")
        (site / "raw").rmdir()
        (site / "raw").symlink_to(other)
        with pytest.raises(InputError, match="raw is no folder of its own"):
            Folder(site)

    def test_a_file_that_became_a_link_is_not_ours(self, tmp_path: Path) -> None:
        site, other = tmp_path / "site", tmp_path / "other.html"
        other.write_text("x")
        write(site, index_html="x", raw__a_json="1")
        (site / INDEX).unlink()
        (site / INDEX).symlink_to(other)
        with pytest.raises(InputError, match="was changed since"):
            write(site, index_html="y")
        assert other.read_text() == "x"

    def test_a_list_that_is_a_link_is_no_list(self, tmp_path: Path) -> None:
        write(tmp_path / "one", index_html="x")
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / MANIFEST).symlink_to(tmp_path / "one" / MANIFEST)
        with pytest.raises(InputError, match="is no list of a site's files"):
            Folder(tmp_path / "two")


@pytest.mark.parametrize("name", ["../victim.html", "/victim", "raw/../../victim.html", "notes.html", "raw/A.json"])
def test_a_list_from_elsewhere_cannot_name_what_is_no_site_s(tmp_path: Path, name: str) -> None:
    victim, site = tmp_path / "victim.html", tmp_path / "site"
    site.mkdir()
    for place in (victim, site / "notes.html"):
        place.write_text("mine")
    listed = {name: [sha256(b"mine").hexdigest()], INDEX: ["0" * 64]}
    (site / MANIFEST).write_text(json.dumps({"hashwatt_site": 1, "files": listed}))
    write(site, index_html="x")
    assert victim.read_text() == (site / "notes.html").read_text() == "mine"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hashwatt_site": 1}', "[" * 100_000])
def test_a_broken_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InputError, match="is no list of a site's files"):
        Folder(tmp_path)


def test_a_newer_hashwatt_s_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"hashwatt_site": 2, "files": {}}')
    with pytest.raises(InputError, match="newer hashwatt"):
        Folder(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match="is a file"):
        Folder(tmp_path / "x")


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "circle"])
def test_a_name_that_cannot_be_looked_into_is_refused_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(InputError, match=r"cannot be looked into .*; give another folder"):
        Folder(f"{tmp_path}/{name}")


def test_halves_that_a_killed_run_left_are_removed(tmp_path: Path) -> None:
    write(tmp_path, index_html="x")
    for name in ("raw/.hashwatt-1.part", ".hashwatt-2.part"):
        (tmp_path / name).write_text("a name")
    write(tmp_path, index_html="x")
    assert sorted(os.listdir(tmp_path)) == ["device", MANIFEST, INDEX, "raw", "result"]
    assert os.listdir(tmp_path / "raw") == []
