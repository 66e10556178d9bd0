"""Draws the progression with a machine on it: `python docs/progression.py RESULT… PICTURE.png`.

The first picture of `hashwatt ladder RESULT… -o PICTURE.png` alone, in few colours, so that it is small.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from hashwatt.reports.charts.canvas import png
from hashwatt.reports.charts.selection import charts_of
from hashwatt.reports.collect.gather import gather
from hashwatt.reports.document.report import report_on

COLOURS = 64


def main() -> None:
    """Read the results and write the picture."""
    *results, picture = sys.argv[1:]
    first, *_ = charts_of(report_on(gather(results), None, "ladder")).ladder
    drawn = Image.open(io.BytesIO(png([first]))).convert("RGB")
    few = drawn.quantize(COLOURS, dither=Image.Dither.NONE)
    kept = io.BytesIO()
    few.save(kept, "png", optimize=True)
    Path(picture).write_bytes(kept.getvalue())


if __name__ == "__main__":
    main()
