"""Takes the pictures of the report page: `python -m docs.screenshots [FOLDER]`, in the folder of the project.

Makes docs/sample-report/report.html anew from the raw results beside it, and of that page docs/sample-report/page.png
and docs/page/NAME.png, or FOLDER/NAME.png. Needs Chromium, and for the printed page pdftoppm (Debian: poppler-utils).
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from PIL import Image

import hashwatt
from tests.reports.page.browser import Browser, find_browser

DOCS = Path(__file__).parent
SAMPLE = DOCS / "sample-report"
# A day on which the sample's devices would have mined among others.
DAY = date(2018, 5, 1)
COLOURS = 128
GAP = 16
GROUND = (200, 204, 209)
OPEN_FIRST = "document.querySelector('.sheet').open = true; document.querySelector('#details').scrollIntoView()"
TO_TABLE = "document.querySelector('#devices').scrollIntoView()"
EYES = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")


def main() -> None:
    """Take all pictures."""
    page = SAMPLE / "report.html"
    hashwatt.report(SAMPLE, page, day=DAY)
    program = find_browser()
    if program is None:
        sys.exit("there is no Chromium here; install one (Debian and Ubuntu: apt-get install chromium)")
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    folder = given or DOCS / "page"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, closing(Browser(program, Path(profile))) as browser:
        keep(view(browser, page, 1280, 1000), (given or SAMPLE) / "page.png")
        keep(view(browser, page, 1280, 1000, script=OPEN_FIRST, dark=True), folder / "sheet.png")
        phones = [view(browser, page, 360, 780), view(browser, page, 360, 780, script=TO_TABLE, dark=True)]
        keep(beside(phones), folder / "phone.png")
        eyes = []
        for deficiency in EYES:
            with seen_with(browser, deficiency):
                eyes.append(view(browser, page, 1024, 620, script=TO_TABLE).resize((512, 310)))
        keep(beside(eyes, across=2), folder / "eyes.png")
        keep(beside(printed(browser, page)), folder / "paper.png")


def view(browser: Browser, page: Path, width: int, height: int, *, script: str = "", dark: bool = False) -> Image.Image:
    """What a window of that size shows of the page after `script` ran."""
    browser.open(page, width, dark=dark)
    phone = width < 600
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
    if script:
        browser.evaluate(f"{{ {script} }}")
    answer = browser.call("Page.captureScreenshot")
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(base64.b64decode(answer["data"]))
        file.flush()
        return Image.open(file.name).convert("RGB")


@contextmanager
def seen_with(browser: Browser, deficiency: str) -> Iterator[None]:
    """The page as eyes see it that tell colours less well."""
    browser.call("Emulation.setEmulatedVisionDeficiency", type=deficiency)
    yield
    browser.call("Emulation.setEmulatedVisionDeficiency", type="none")


def printed(browser: Browser, page: Path) -> list[Image.Image]:
    """The page on A4, sheet by sheet."""
    browser.open(page, 1280)
    answer = browser.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.pdf"
        file.write_bytes(base64.b64decode(answer["data"]))
        subprocess.run(["pdftoppm", "-r", "50", "-png", str(file), str(file.with_suffix(""))], check=True)
        return [Image.open(path).convert("RGB") for path in sorted(Path(folder).glob("*.png"))]


def beside(pictures: list[Image.Image], across: int | None = None) -> Image.Image:
    """Pictures of one size in rows of so many, all in one row unless given."""
    across = across or len(pictures)
    width, height = pictures[0].size
    rows = -(-len(pictures) // across)
    sheet = Image.new("RGB", (across * (width + GAP) + GAP, rows * (height + GAP) + GAP), GROUND)
    for number, picture in enumerate(pictures):
        down, right = divmod(number, across)
        sheet.paste(picture, (GAP + right * (width + GAP), GAP + down * (height + GAP)))
    return sheet


def keep(picture: Image.Image, path: Path) -> None:
    """Store it in few colours, which is a third of the size."""
    picture.quantize(COLOURS).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
