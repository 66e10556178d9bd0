"""The picture of the architecture is the one that its source draws, and it shows what is in the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

TREE = Path(__file__).parents[2]
DOCS = TREE / "docs"
SVG = "{http://www.w3.org/2000/svg}"
# The style of each kind of text: size, weight, and the widest family that the picture asks for.
FONTS = {
    "title": (15.0, 600, "DejaVu Sans"),
    "path": (11.5, 400, "DejaVu Sans Mono"),
    "line": (12.5, 400, "DejaVu Sans"),
}


def picture() -> ElementTree.Element:
    return ElementTree.fromstring((DOCS / "architecture.svg").read_text(encoding="utf-8"))


def test_the_picture_is_up_to_date() -> None:
    drawn = subprocess.run([sys.executable, DOCS / "architecture.py"], capture_output=True, timeout=60, check=True)
    stored = (DOCS / "architecture.svg").read_bytes().replace(b"\r\n", b"\n")
    assert drawn.stdout == stored, "run python docs/architecture.py > docs/architecture.svg"


def test_every_place_that_it_names_is_in_the_tree() -> None:
    named = [text.text or "" for text in picture().iter(f"{SVG}text") if text.get("class") == "path"]
    places = [place for line in named if "/" in line for place in line.split(" · ")]
    assert len(places) > 15
    for place in places:
        assert (TREE / place).exists(), place


def test_no_words_run_out_of_their_box() -> None:
    boxes = [
        {name: float(rect.get(name, "0")) for name in ("x", "y", "width", "height")}
        for rect in picture().iter(f"{SVG}rect")
        if rect.get("class") in ("box", "key", "file")
    ]
    told = 0
    for text in picture().iter(f"{SVG}text"):
        style = text.get("class", "")
        x, y = float(text.get("x", "0")), float(text.get("y", "0"))
        inside = [box for box in boxes if box["x"] < x < box["x"] + box["width"]]
        for box in (box for box in inside if box["y"] < y < box["y"] + box["height"]):
            size, weight, family = FONTS[style]
            font = FontProperties(family=family, weight=weight)
            width = TextPath((0, 0), text.text or "", size=size, prop=font).get_extents().width
            assert x + width <= box["x"] + box["width"], text.text
            assert y + 4 <= box["y"] + box["height"], text.text
            told += 1
    assert told > 50


def test_the_page_links_to_what_is_there() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page)
    assert "architecture.svg" in links
    for link in links:
        assert (DOCS / link).exists(), link
    for place in re.findall(r"`((?:kernels|bench|reports|tests|src|docs)/[\w./-]*)`", page):
        assert (TREE / place).exists(), place
