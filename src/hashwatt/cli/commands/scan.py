"""`hashwatt scan`: every nonce of a range whose hash meets a threshold."""

from __future__ import annotations

import click

from ...kernels.errors import InputError
from ...reports.ladder.words import hashrate_text
from ..exits import Interrupted
from ..integers import INTEGER
from ..live.progress import progress_for
from ..output import Output, shared_options
from ..sections import SectionedCommand
from ..verbose import verbose_option

NONCES = 1 << 32


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples, with HEADER the 160 hex digits of an 80-byte block header:
  hashwatt scan --header HEADER --zero-bits 32                    all 2³² nonces, at difficulty 1
  hashwatt scan --header HEADER --zero-bits 20 --start 0x80000000 --count 1000000
  hashwatt scan --header HEADER --target 7fffff0000… -d opencl:0  a target as Bitcoin prints it
  hashwatt scan --header HEADER --zero-bits 24 --json | jq .nonces

\b
The nonces go to stdout, one a line, ascending; the header's own nonce field is ignored. Ctrl-C ends
the scan, prints what was found until then, and gives exit code 130.
""",
)
@click.option("--header", required=True, metavar="HEX", help="The block header, 160 hex digits.")
@click.option("--start", type=INTEGER, default=0, metavar="N", help="First nonce (0), decimal or 0x….")
@click.option("--count", type=INTEGER, metavar="N", help="How many nonces (all from the first one on).")
@click.option("--zero-bits", type=INTEGER, metavar="K", help="Report hashes that begin with K zero bits.")
@click.option("--target", metavar="HEX", help="Report hashes that do not exceed this number (up to 64 hex digits).")
@click.option("-d", "--device", metavar="ID", help="Scan on this device (the first one unless given).")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
@verbose_option
@shared_options
@click.pass_obj
def scan(
    output: Output,
    header: str,
    start: int,
    count: int | None,
    zero_bits: int | None,
    target: str | None,
    device: str | None,
    quiet: bool,
) -> None:
    """Find every nonce whose hash meets a threshold."""
    from ...bench import api
    from ...bench.interrupts import Deferred
    from ...kernels.headers.byte_order import header_hint, target_hint
    from ...kernels.headers.job import parse_header

    prefix, wanted = parse_header(header), threshold(zero_bits, target)
    for hint in (header_hint(prefix), target_hint(wanted) if target is not None else None):
        if hint is not None:
            output.warn(hint)
    asked = max(NONCES - start, 0) if count is None else count
    # An interrupt ends the scan; it must not come between that and what was found.
    with Deferred():
        answer = api.scan(prefix, start, asked, wanted, device, progress_for(quiet))
    if output.as_json:
        output.document(answer)
    else:
        for nonce in answer.nonces:
            output.line(str(nonce))
    if not (quiet or output.as_json):
        rate = hashrate_text(answer.hashes / answer.seconds) if answer.seconds else "too quick for a rate"
        output.warn(
            f"{answer.device}: {answer.hashes:,} hashes in {answer.seconds:.2f} s ({rate}), "
            f"{len(answer.nonces):,} shares, xor_h7 {answer.xor_h7:#010x}"
        )
    if not answer.complete:
        raise Interrupted(f"interrupted after {answer.count:,} of {asked:,} nonces; what these have is above")


def threshold(zero_bits: int | None, target: str | None) -> int:
    """The target that one of the two options gives. Raises InputError."""
    from ...kernels.headers.target import target_from_hex, target_from_zero_bits

    if zero_bits is not None and target is not None:
        raise InputError("--zero-bits and --target both set the threshold; give one of them")
    if zero_bits is not None:
        return target_from_zero_bits(zero_bits)
    if target is not None:
        return target_from_hex(target)
    raise InputError("there is no threshold; give --zero-bits K (32 is difficulty 1) or --target HEX")
