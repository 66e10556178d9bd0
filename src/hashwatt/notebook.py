"""What results say, for scripts and notebooks: the reporting commands as functions of files, folders and results.

Wherever `sources` are asked for, a path, a folder of result files, a Result, or several of these will do. Every
result is verified first; what does not verify is said to be so, and is neither ranked nor compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import msgspec
from msgspec.structs import replace

from .bench.result.model import Result
from .kernels.errors import InputError
from .reports.collect.gather import Collection, checked, checks_of, gather, gather_results
from .reports.compare.history.history import History, histories
from .reports.compare.sides.sides import read_side
from .reports.compare.verdicts.alternated import judge_alternated
from .reports.compare.verdicts.comparison import Comparison
from .reports.compare.verdicts.comparison import compare as compare_sides
from .reports.compare.verdicts.judgement import checked_threshold
from .reports.document.report import Report, report_on
from .reports.layout.plain_figures import Cell, Plain, records
from .reports.layout.sample_figures import sample_records

Source = str | Path | Result
Sources = Source | Iterable[Source]
Row = dict[str, Plain]


def compare(base: Sources, new: Sources, *, threshold: float | None = None) -> list[Comparison]:
    """Two sides, device by device: faster, slower, same, or cannot tell, with the ratio and its 95 % interval.

    `ratio` is new over base: above 1, the device is faster now. Several runs a side tell how far runs lie apart; one a
    side is judged by a prior of 2 %. Either side may hold files of pytest-benchmark's, too, and patterns like
    `base-*.json`. `threshold`: what is called the same, in per cent (None: 2). Raises InputError.
    """
    return compare_sides(read_side(_listed(base)), read_side(_listed(new)), checked_threshold(threshold))


def alternated(source: Source) -> list[Comparison]:
    """The verdict on two settings that one run alternated (`run(ab=…)`), the second over the first; none elsewhere.

    By pairs of rounds, so that what changed meanwhile met both. Raises InputError.
    """
    if isinstance(source, Result):
        return judge_alternated(source, checks_of(source))
    checks, result = checked(Path(source))
    if result is None:
        raise InputError(next(check.sentence for check in checks if not check.ok))
    return judge_alternated(result, checks)


def report(sources: Sources, output: str | Path | Iterable[str | Path] = (), *, day: date | None = None) -> Report:
    """What the results say together; written to `output` as well, where one or more paths are given.

    A path's suffix chooses the format: .html, .md, .csv, .svg, .png, .json. No file that was read and none that holds
    a measurement is written over. `day`: the share of the Bitcoin network on that day, too. Raises InputError.
    """
    from .cli.files import check_targets, write_reports

    given = _listed(sources)
    paths = [str(path) for path in ([output] if isinstance(output, str | Path) else output)]
    check_targets(paths, [str(source) for source in given if not isinstance(source, Result)])
    made = report_on(_gathered(given), day)
    write_reports(made, paths)
    return made


def history(sources: Sources) -> tuple[History, ...]:
    """Each device's verified runs, oldest first, and where its rate stepped. Raises InputError."""
    return histories(_gathered(_listed(sources)))


def rows(sources: Sources) -> list[Row]:
    """A flat row for each measurement, the fastest first: `pandas.DataFrame(hashwatt.rows("results/"))`.

    The columns are those of a report's CSV, with the unit in the name where there is one. Unknown is None, never 0.
    `parameters` is JSON, as there. Raises InputError.
    """
    return [{name: _flat(cell) for name, cell in record.items()} for record in records(_gathered(_listed(sources)))]


def sample_rows(sources: Sources) -> list[Row]:
    """A flat row for each sample, in the order in which they were taken: its amount, seconds, rate and conditions.

    `run_id`, `device_id` and `workload` tell which row of `rows` it belongs to. Unknown is None. Raises InputError.
    """
    return list(sample_records(_gathered(_listed(sources))))


def _listed(sources: Sources) -> list[Source]:
    return [sources] if isinstance(sources, str | Path | Result) else list(sources)


def _flat(cell: Cell) -> Plain:
    return msgspec.json.encode(cell).decode() if isinstance(cell, dict) else cell


def _gathered(sources: list[Source]) -> Collection:
    """All results of the sources, a run that is given twice once. Raises InputError."""
    if not sources:
        raise InputError("there is no result; give a result, a result file, or a folder of them")
    paths = [source for source in sources if not isinstance(source, Result)]
    given = [source for source in sources if isinstance(source, Result)]
    read = gather(paths) if paths else None
    if not given and read is not None:
        return read
    together: list[Result] = []
    for result in (*(read.results if read else ()), *given):
        if result not in together:
            together.append(result)
    return replace(gather_results(together), unreadable=read.unreadable if read else ())
