"""`hashwatt stamp`: a time-stamp over a result, from an authority whose clock others trust."""

from __future__ import annotations

import os

import click

from ...kernels.errors import InputError
from ...reports.wording.visible import visible
from ..files import refuse_to_overwrite
from ..output import Output, as_unicode, shared_options
from ..sections import SectionedCommand


@click.command(
    cls=SectionedCommand,
    epilog="""\b
Examples:
  hashwatt stamp hashwatt-….json --tsa http://timestamp.digicert.com
  hashwatt stamp today.json --tsa https://tsa.example/ --tsa-cert root.pem -o stamped.json
  hashwatt run --beacon tsa:http://timestamp.digicert.com -t 300 -o today.json &&
    hashwatt stamp today.json --tsa http://timestamp.digicert.com --in-place

\b
Only a digest of the record is sent. Needs an extra: `pip install ".[anchors]"` in a clone of hashwatt.
Exit codes: 0 stamped (also where the signer is not known here, which stderr says);
1 the authority gave no token that convinces, nothing was written; 2 bad input or usage.
""",
)
@click.argument("file", type=click.Path())
@click.option("--tsa", required=True, metavar="URL", help="Ask this authority (RFC 3161).")
@click.option(
    "--tsa-cert",
    "certificates",
    multiple=True,
    metavar="FILE",
    help="Trust this root certificate, PEM or DER (repeat for more; the system's unless given).",
)
@click.option("-o", "--output", "path", metavar="FILE", help="Write here (NAME-stamped.json unless given).")
@click.option("--in-place", is_flag=True, help="Put the time-stamp into the file itself.")
@click.option("--force", is_flag=True, help="Write over the file given with -o if there is one.")
@click.option("-q", "--quiet", is_flag=True, help="Print the written file's name only.")
@shared_options
@click.pass_obj
def stamp(
    output: Output,
    file: str,
    tsa: str,
    certificates: tuple[str, ...],
    path: str | None,
    in_place: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Put a time-stamp over a result, so that its date can be checked.

    With `run --beacon` before it, `verify` can say how fast the work was done at least, whatever clock measured it.
    """
    from ...bench import api
    from ...bench.anchors.stamp import stamp_record
    from ...bench.result.dates import timestamp_of

    target = target_of(file, path, in_place, force)
    result = api.load(file)
    api.check_writable(target)
    stamped, token, trust = stamp_record(result, tsa, certificates)
    api.save(stamped, target)
    if not trust.trusted:
        output.warn(f"! the signer is not trusted here ({trust.reason}); readers need its root: verify --tsa-cert FILE")
    if output.as_json:
        output.document(
            {
                "file": as_unicode(target),
                "authority": stamped.stamps[-1].authority,
                "time": timestamp_of(token.time),
                "signer": token.signer,
                "trusted": trust.trusted,
                "record_sha256": stamped.stamps[-1].record_sha256,
            }
        )
    elif quiet:
        output.line(target)
    else:
        output.line(f"Stamped at {timestamp_of(token.time)} by {token.signer}; written to {target}.")


def target_of(file: str, path: str | None, in_place: bool, force: bool) -> str:
    """Where the stamped result goes. Raises InputError where that would be written over something unasked."""
    if in_place and path is not None:
        raise InputError("--in-place and -o name two places for the result; give one of them")
    if in_place:
        return file
    root, suffix = os.path.splitext(file)
    target = path or f"{root}-stamped{suffix or '.json'}"
    try:
        refuse_to_overwrite([target], file)
    except InputError:
        raise InputError(f"{visible(target, 60)} is the result itself; say so with --in-place") from None
    if os.path.lexists(target) and not (force and path):
        raise InputError(f"{visible(target, 60)} exists already; choose another name with -o, or add --force")
    return target
