from __future__ import annotations

from pathlib import Path

import pytest

from hashwatt.bench.api import load, verify
from hashwatt.bench.result.file import SchemaViolation
from hashwatt.kernels.errors import InputError
from hashwatt.reports.compare.history.benchmark_history import benchmark_runs
from hashwatt.reports.compare.rates.rate_series import read_series

STORED = (
    b'{"benchmarks": [{"fullname": "a", "stats": {"median": 1.5, "data": [1.5]}, "extra_info": {%s}}], '
    b'"datetime": "2026-11-27T10:00:00", "machine_info": {"cpu": {}}, "commit_info": {}}'
)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"note": ', b'"note": "another", "note": ', "note"),
        (b'"amount": ', b'"amount": 1, "amount": ', "amount"),
        # The same name, written in another way.
        (b'"amount": ', b'"\\u0061mount": 1, "amount": ', "amount"),
        # Where the model knows no names.
        (b'"prefixes": 1', b'"prefixes": 2, "prefixes": 1', "prefixes"),
        (b'"schema_version": 2', b'"schema_version": 2, "schema_version": 2', "schema_version"),
    ],
)
def test_a_result_that_says_a_name_twice_is_refused_by_every_reader(
    old: bytes, new: bytes, named: str, honest_file: Path, tmp_path: Path
) -> None:
    content = honest_file.read_bytes()
    assert old in content
    path = tmp_path / "result.json"
    path.write_bytes(content.replace(old, new, 1))
    for reader in (load, verify, read_series):
        with pytest.raises(InputError, match=f"'{named}' twice") as raised:
            reader(path)
        assert not isinstance(raised.value, SchemaViolation)


def test_so_is_what_run_prints_with_two_results_in_it(honest_file: Path, tmp_path: Path) -> None:
    content = honest_file.read_bytes()
    path = tmp_path / "printed.json"
    path.write_bytes(b'{"result": %s, "verdict": {}, "seen": 1%s}' % (content, b"0" * 10_000))
    assert load(path) == load(honest_file)
    path.write_bytes(b'{"result": {}, "verdict": {}, "result": %s}' % content)
    with pytest.raises(InputError, match="'result' twice"):
        load(path)


def test_what_no_figure_is_read_from_is_text_and_not_too_deep_either(honest_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "printed.json"
    for beside, sentence in ((b'"\xff"', "is not JSON"), (b"[" * 100_000 + b"]" * 100_000, "nested too deeply")):
        path.write_bytes(b'{"result": %s, "verdict": {}, "x": %s}' % (honest_file.read_bytes(), beside))
        with pytest.raises(InputError, match=sentence):
            load(path)


def test_a_benchmark_that_says_a_figure_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stored.json"
    path.write_bytes(STORED % b'"rate": 1.5')
    assert [series.name for series in read_series(path)] == ["a"]
    assert benchmark_runs([path])[1] == []
    path.write_bytes(STORED % b'"rate": 1.5, "rate": 2.5')
    with pytest.raises(InputError, match="'rate' twice"):
        read_series(path)
    with pytest.raises(InputError, match="'rate' twice"):
        benchmark_runs([path])
