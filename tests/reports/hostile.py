"""Results as a stranger might send them: every text field tries to break out of the format that shows it."""

from __future__ import annotations

import msgspec

from hashwatt.bench.result.model import Result
from hashwatt.bench.result.warning import WarningRecord

from .factory import machine, result, tampered, verified
from .samples import unmeasured

# What the result model lets pass: it is printable text.
PRINTABLE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "</style><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
    'a style="fill: red" id="x" xlink:href="#x">',
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "| broken | table | [link](http://evil.example) ![i](http://evil.example/x.png)",
    "$\\frac{1}{0}$ $",
    "[bold red]rich[/]",
    "שלום soft\u00adhyphen, \u200d joined, \ufeff marked",
    "http://evil.example/?q=<b>",
    "A" * 1024,
    "界" * 1024,
)
# What it refuses; reports must stay harmless even if such text reached them.
UNPRINTABLE = (
    "\u200b\u200f\u061c\u00ad hidden \ufeff",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egnp.exe",
    "a\nb\r\tc",
    "\x00",
    "\u2028",
)


def results(texts: tuple[str, ...] = PRINTABLE) -> list[Result]:
    """A run for each text, verified, refused and failed devices in each, the text wherever the model has room."""
    return [run_of(number, text) for number, text in enumerate(texts)]


def run_of(number: int, text: str) -> Result:
    """One such run."""
    good = verified(run=number, rate=25e6 + number, name=text, vendor=text, driver=text)
    warning = WarningRecord(code="contention", text=text)
    assert good.kernel is not None
    short = text[:200] or "x"
    good = msgspec.structs.replace(
        good, warnings=(warning,), kernel=msgspec.structs.replace(good.kernel, name=short, tuning={short: text})
    )
    return result(
        good,
        tampered(verified("opencl:0", run=number, name=text, driver=text)),
        msgspec.structs.replace(unmeasured("failed", text, "opencl:1"), warnings=(warning,)),
        run=number,
        note=text,
        warnings=(warning,),
        libraries={short: text},
        machines=(machine(cpu_model=text, hypervisor=text, governor=text, os=text),),
    )
